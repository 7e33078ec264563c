/* What the files of the shim share. Nothing here is visible outside libcrashhandler.so. */
#ifndef SHIM_H
#define SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../../protocol/crash_handler_protocol.h"

#define SHIM_API __attribute__((visibility("default")))

/* Milliseconds for the two connections of a preloaded process: a program's start must not wait for a slow handler. */
#define SHIM_PRELOAD_LIMIT_MS 1000
/* Our descriptors start here, so that programs that expect or close the low numbers do not meet them. */
#define SHIM_LOWEST_DESCRIPTOR 200
/* Bytes of a sockaddr_un's path. */
#define SHIM_ADDRESS_BYTES 108
/* Milliseconds between two looks of a thread that waits for another one's report. */
#define SHIM_WAIT_STEP_MS 10
/* Milliseconds that a report waits for the few system calls in which another thread replaces the connections. */
#define SHIM_REPLACE_LIMIT_MS 100
/* Descriptors that go with one frame, at most. */
#define SHIM_MAX_SENT CH_HANDED_FILES
/* PID 1 cannot be killed by a signal it sends itself. */
#define SHIM_INIT_PID 1
/* What a shell shows for a death by signal: 128 + signal. */
#define SHIM_SIGNAL_STATUS 128

static inline pid_t shim_pid(void)
{
    return (pid_t)syscall(SYS_getpid);
}

static inline pid_t shim_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* Nanoseconds on CLOCK_MONOTONIC. Every deadline of the shim is an absolute time on this clock, so EINTR restarts none. */
static inline int64_t shim_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t shim_deadline(int64_t milliseconds)
{
    return shim_now() + milliseconds * 1000000;
}

/* connection.c: sockets and frames. All of it is async-signal-safe. */
struct shim_connections {
    int control;   /* -1: none */
    int crash;     /* -1: none */
    int pidfd;     /* of the handler, -1: none */
    pid_t owner;   /* the process that opened them */
    pid_t handler; /* SO_PEERCRED, 0: not visible in this pid namespace */
    uint64_t control_inode;
    uint64_t crash_inode;
    char address[SHIM_ADDRESS_BYTES];
};
extern struct shim_connections shim_connections;

struct shim_welcome {
    void *buffer; /* NULL: not wanted */
    uint32_t capacity;
    uint32_t length;
    uint16_t type; /* the frame that came: Welcome or Refusal */
};

int shim_send(int fd, uint16_t type, uint32_t request, const void *payload, uint32_t length, int descriptor, int64_t deadline);
int shim_send_with(int fd, uint16_t type, uint32_t request, const void *payload, uint32_t length, const int *descriptors,
                   uint32_t count, int64_t deadline);
int shim_receive(int fd, struct ch_frame_header *header, void *buffer, uint32_t capacity, int64_t deadline);
int shim_open(const char *address, uint16_t role, struct shim_welcome *welcome, int64_t deadline, int *fd);
int shim_high_descriptor(int fd);
int shim_connect_both(const char *address, struct shim_welcome *welcome, int64_t control_limit_ms, int64_t crash_limit_ms);
bool shim_await_handler(const char *address, int error); /* not for the crash path */
int shim_reconnect_crash(int64_t deadline);
bool shim_crash_connection_stands(void);
void shim_drop_crash_connection(void);
void shim_adopt_crash_connection(int crash, pid_t handler);
bool shim_control_stands(void);
void shim_hold_connections(void);
uint64_t shim_socket_inode(int fd);
bool shim_allow_more_descriptors(void);

/* dialogue.c: one report. Async-signal-safe. */
struct shim_evidence {
    int signal;
    int code;
    uint32_t flags;            /* enum ch_notice_flags */
    const siginfo_t *info;     /* NULL: none, as if the process had called abort */
    const ucontext_t *context; /* as the kernel or getcontext left it */
    const void *fpstate;       /* NULL: none; CH_FXSAVE_BYTES */
};
bool shim_report_begin(void);
void shim_report_finish(const struct shim_evidence *evidence);
void shim_report(const struct shim_evidence *evidence);
void shim_name_tracer(void);
extern uint32_t shim_options; /* enum ch_register_options */
extern uint32_t shim_hold_ms; /* Milliseconds that a report may take beyond CH_DIALOGUE_LIMIT_MS. */

/* hand_over.c: this process's memory, for a handler that the kernel keeps from it. Async-signal-safe. */
void shim_hand_over(int64_t deadline);

/* children.c: between clone and execve. Async-signal-safe. */
struct shim_kept {
    int first;  /* descriptors that stay, beside 0 to 2; -1: none */
    int second;
};
int shim_become_clean(const struct shim_kept *kept);
void shim_block_signals(uint64_t *former);
void shim_restore_signals(const uint64_t *former);
void shim_reset_signals(void);

/* inherited.c: limits and priorities of the application. Async-signal-safe. */
void shim_shed_inherited(void);

/* single_shot.c: a handler of our own for one report, when no other answers. */
void shim_single_shot_prepare(const char *database, size_t database_bytes, const char *url, size_t url_bytes, pid_t handler);
/* Nobody welcomed this process; a handler that is dead left beside its address what is to be known. */
void shim_single_shot_prepare_unwelcomed(const char *address);
int shim_single_shot_start(void); /* async-signal-safe */

/* flights.c: which fault a thread is handling. Async-signal-safe. */
struct shim_flight;
void shim_flights_prepare(void); /* before the first; not for the crash path */
struct shim_flight *shim_flight_begin(int signal, const siginfo_t *info, const ucontext_t *context, const uintptr_t *frame,
                                      bool *repeated);
void shim_flight_end(struct shim_flight *flight, const ucontext_t *context);
/* The thread's live flight of `signal`; 0: the newest of any signal. NULL: none. */
const struct shim_flight *shim_flight_live(int signal);
struct shim_evidence shim_flight_evidence(const struct shim_flight *flight);

/* The signals that end a process with a fault. Never SIGQUIT, which is the runtime's own. */
#define SHIM_SIGNALS { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS }

/* signals.c: the one logic. */
extern volatile sig_atomic_t shim_installed; /* the signal handlers are in place */
void shim_install_signals(void);
int shim_sigaction(int signal, const struct sigaction *action, struct sigaction *former);
bool shim_is_ours(int signal);
bool shim_is_fault(const siginfo_t *info);
int __sigaction(int signal, const struct sigaction *action, struct sigaction *former); /* glibc's own, GLIBC_2.2.5 */

/* abort.c */
typedef void (*shim_abort_function)(void);
extern shim_abort_function shim_next_abort; /* NULL: emulate */
_Noreturn void shim_abort(void);

/* hooks_preload.c */
bool shim_is_preloaded(void);

/* createdump.c */
typedef pid_t (*shim_fork_function)(void);
typedef int (*shim_execve_function)(const char *, char *const *, char *const *);
typedef int (*shim_execv_function)(const char *, char *const *);
extern shim_fork_function shim_next_fork; /* these three: never NULL once ours is in a slot */
extern shim_execve_function shim_next_execve;
extern shim_execv_function shim_next_execv;
pid_t shim_fork(void);
int shim_execve(const char *path, char *const *arguments, char *const *environment);
int shim_execv(const char *path, char *const *arguments);
void shim_end_createdump(void); /* does not return in createdump's child, if that is unwanted */

/* hooks_got.c: the slots of the runtime's GOT. Each returns the hooks that it put in place. */
uint32_t shim_patch_slots(char *message, size_t message_bytes);
uint32_t shim_patch_createdump(char *message, size_t message_bytes);

/* runtime.c */
enum shim_runtime { SHIM_NO_DOTNET, SHIM_CORECLR, SHIM_NATIVE_AOT };
extern volatile sig_atomic_t shim_dotnet; /* enum shim_runtime: which .NET runtime is in the process */
void shim_detect_runtime(void);

/* alternate.c: alternate stacks for threads that nobody gave one. Not for the crash path. */
typedef void *(*shim_thread_routine)(void *);
void shim_give_alternate_stack(void);
int shim_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, shim_thread_routine routine, void *argument);

/* block.c */
int shim_block_descriptor(void);
/* Makes the block if there is none. */
int shim_block(void **memory, int *descriptor);

/* launch.c: returns the errno of *what; the ready line in `line`. */
int shim_launch(const char *path, char *const *argv, int32_t limit_ms, char *line, size_t capacity, const char **what);

/* watch.c */
int shim_wait_for_hangup(void);

/* api.c */
uint32_t shim_hooks(void);

#endif
