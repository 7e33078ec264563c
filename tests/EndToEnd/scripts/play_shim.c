/*
 * Plays the shim for real handlers: a process of three threads gives notice of one death, again and again the same.
 *   play_shim shot HANDLER DATABASE N   a single-shot handler, killed on entry to its Nth system call after `taken` (0: never);
 *                                       after a line on standard input another one, which nobody kills
 *   play_shim both ADDRESS ADDRESS      two handlers at once
 *   play_shim odd HANDLER DATABASE KIND a single-shot handler that gets "nothing", "nonsense" or a "stranger's" notice
 * Says "calls N", of each handler "released OUTCOME" or "ended", and of an odd one "status N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "crash_handler_protocol.h"

#define LIMIT_SECONDS 60
#define NOTICE_DESCRIPTOR 20
#define EXEC_FAILED_STATUS 127
#define SYSCALL_STOP (SIGTRAP | 0x80)

static struct ch_crash_notice notice;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *wait_for_ever(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

static void make_notice(void)
{
    static ucontext_t context;
    struct timespec now;
    getcontext(&context);
    clock_gettime(CLOCK_REALTIME, &now);
    notice.size = sizeof notice;
    notice.flags = CH_NOTICE_GETCONTEXT;
    notice.pid = getpid();
    notice.tid = gettid();
    notice.signal = SIGSEGV;
    notice.code = SEGV_MAPERR;
    notice.fs_base = (uint64_t)pthread_self();
    notice.time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
    memcpy(notice.siginfo, &info, sizeof notice.siginfo);
    memcpy(notice.ucontext, &context, sizeof notice.ucontext);
}

static void say(int fd, uint16_t type, const void *payload, uint32_t length)
{
    struct ch_frame_header header = { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, type, length, 0 };
    struct iovec parts[2] = { { &header, sizeof header }, { (void *)payload, length } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    sendmsg(fd, &message, MSG_NOSIGNAL); /* the handler may be gone */
}

static void await_release(int fd)
{
    struct {
        struct ch_frame_header header;
        uint32_t outcome;
        char rest[CH_MAX_PAYLOAD_BYTES];
    } packet;
    while (recv(fd, &packet, sizeof packet, 0) > 0) {
        if (packet.header.type == CH_FRAME_RELEASE) {
            printf("released %u\n", packet.outcome);
            return;
        }
    }
    puts("ended");
}

/*
 * Counts the system calls of a process from its `taken` on, and kills it on entry to one of them. What it starts is followed up to its execve, and not
 * counted: until then it has all of the handler's descriptors, a dump's flock with them, also when the handler is dead.
 */
static void trace(pid_t handler, long killed_at, int go)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    long calls = -1;
    int status;
    if (ptrace(PTRACE_SEIZE, handler, NULL, options) != 0 || ptrace(PTRACE_INTERRUPT, handler, NULL, NULL) != 0) {
        die("ptrace");
    }
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status)) {
            continue;
        }
        int signal = WSTOPSIG(status), event = status >> 16, deliver = 0;
        if (syscall(SYS_tgkill, handler, thread, 0) != 0) { /* not one of its threads */
            ptrace(event == PTRACE_EVENT_EXEC ? PTRACE_DETACH : PTRACE_SYSCALL, thread, NULL, event == 0 && signal != SYSCALL_STOP ? signal : 0);
            continue;
        }
        if (signal == SYSCALL_STOP) {
            struct __ptrace_syscall_info info;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY
                && (calls >= 0 || info.entry.nr == SYS_sendto) && ++calls == killed_at && calls > 0) {
                kill(handler, SIGKILL);
            }
        } else if (event == 0) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, thread, NULL, deliver);
        if (go >= 0) {
            close(go);
            go = -1;
        }
    }
    printf("calls %ld\n", calls);
    fflush(stdout);
}

static void single_shot(const char *handler, const char *database, long killed_at)
{
    int ends[2], go[2], status;
    char byte;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 || pipe(go) != 0) {
        die("socketpair");
    }
    pid_t child = fork();
    if (child == 0) {
        close(go[1]);
        read(go[0], &byte, 1); /* until the tracer is there */
        close(go[0]);
        dup2(ends[1], NOTICE_DESCRIPTOR);
        char number[] = "20";
        execl(handler, handler, "capture", "--database", database, "--notice-fd", number, NULL);
        _exit(EXEC_FAILED_STATUS);
    }
    close(ends[1]);
    close(go[0]);
    prctl(PR_SET_PTRACER, (unsigned long)child, 0, 0, 0);
    pid_t tracer = killed_at < 0 ? 0 : fork();
    if (killed_at >= 0 && tracer == 0) {
        close(ends[0]);
        trace(child, killed_at, go[1]);
        exit(0);
    }
    close(go[1]);
    say(ends[0], CH_FRAME_NOTICE, &notice, sizeof notice);
    await_release(ends[0]);
    waitpid(child, &status, 0);
    if (tracer > 0) {
        fflush(stdout);
        waitpid(tracer, &status, 0);
    }
    close(ends[0]);
}

static void odd(const char *handler, const char *database, const char *kind)
{
    int ends[2], status;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        die("socketpair");
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (strcmp(kind, "stranger") == 0) {
            /* The handler's parent is this process, which did not make the socket. */
            pid_t grandchild = fork();
            if (grandchild != 0) {
                waitpid(grandchild, &status, 0);
                _exit(WEXITSTATUS(status));
            }
        }
        dup2(ends[1], NOTICE_DESCRIPTOR);
        execl(handler, handler, "capture", "--database", database, "--notice-fd", "20", NULL);
        _exit(EXEC_FAILED_STATUS);
    }
    close(ends[1]);
    if (strcmp(kind, "nothing") != 0) {
        notice.size -= strcmp(kind, "nonsense") == 0;
        say(ends[0], CH_FRAME_NOTICE, &notice, sizeof notice);
    }
    await_release(ends[0]);
    waitpid(child, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
}

static int connect_crash(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct ch_hello hello = { .role = CH_ROLE_CRASH, .pid = getpid(), .tid = gettid() };
    char welcome[CH_MAX_PAYLOAD_BYTES];
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        die("connect");
    }
    say(fd, CH_FRAME_HELLO, &hello, sizeof hello);
    recv(fd, welcome, sizeof welcome, 0);
    return fd;
}

int main(int count, char **arguments)
{
    alarm(LIMIT_SECONDS);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    }
    make_notice();
    if (count == 5 && strcmp(arguments[1], "shot") == 0) {
        single_shot(arguments[2], arguments[3], atol(arguments[4]));
        fflush(stdout);
        if (getchar() != EOF) {
            single_shot(arguments[2], arguments[3], -1);
        }
        return 0;
    }
    if (count == 5 && strcmp(arguments[1], "odd") == 0) {
        odd(arguments[2], arguments[3], arguments[4]);
        return 0;
    }
    if (count == 4 && strcmp(arguments[1], "both") == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        int first = connect_crash(arguments[2]), second = connect_crash(arguments[3]);
        say(first, CH_FRAME_NOTICE, &notice, sizeof notice);
        say(second, CH_FRAME_NOTICE, &notice, sizeof notice);
        await_release(first);
        await_release(second);
        return 0;
    }
    fputs("unknown arguments\n", stderr);
    return 2;
}
