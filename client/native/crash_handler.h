/*
 * libcrashhandler.so: the signal shim of CrashHandler, for x86-64 Linux with glibc; and crashhandler.dll, its twin for x64 Windows, whose
 * functions do the same and answer with Linux's error numbers: the text names the Win32 call and its error.
 *
 * Used by CrashHandler.Client through P/Invoke, by native programs that link it, and, without any call, through
 * LD_PRELOAD with CRASH_HANDLER_PIPE set. protocol/README.md describes everything it says to the handler.
 *
 * Every function returns 0 or an errno, and says the same in result->error with a text for people in result->message.
 * None of them is meant for a signal handler; the crash path has no entry here.
 */
#ifndef CRASH_HANDLER_H
#define CRASH_HANDLER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CRASH_HANDLER_MESSAGE_BYTES 512

struct crash_handler_result {
    int32_t error;       /* errno, 0: done */
    int32_t handler_pid; /* as the kernel shows it here; 0: not known */
    uint32_t hooks;      /* enum ch_hooks: what is in place */
    uint32_t reserved;
    char message[CRASH_HANDLER_MESSAGE_BYTES]; /* UTF-8, NUL-terminated: what failed and what to do; or the answer */
};

/* The protocol's version (CH_PROTOCOL_VERSION). Finding this symbol in the process is how to find a loaded shim. */
int crash_handler_version(void);

/*
 * Connects a control and a crash connection to the handler's socket at `address` and says Hello on both, each within
 * CH_ANSWER_LIMIT_MS. Earlier connections are closed, once the new ones stand; EBUSY while this process is being reported. The whole Welcome payload is stored in
 * `welcome` (which may be NULL with capacity 0), its length in *welcome_length. A Refusal is EPROTO with the handler's text.
 */
int crash_handler_connect(const char *address, void *welcome, uint32_t capacity, uint32_t *welcome_length,
                          struct crash_handler_result *result);

/*
 * Puts the signal handlers and the hooks in place; result->hooks says which. A hook whose place is not found is left out
 * and named in result->message, with error 0: the rest works. Calling it again changes nothing.
 */
int crash_handler_install(struct crash_handler_result *result);

/*
 * The registration block: CH_BLOCK_BYTES of shared memory that outlives the process (a sealed memfd), with its header
 * written. Made once, kept until the process ends; later calls return the same.
 */
int crash_handler_block(void **block, struct crash_handler_result *result);

/*
 * Sends Register with the block's descriptor (made if need be) and waits for Done. `options`: enum ch_register_options. With
 * CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER in a .NET process, CH_HOOK_FORK in result->hooks says that the runtime's createdump is
 * stopped; without it result->message says why not, with error 0. `hold_ms`: how many milliseconds longer than
 * CH_DIALOGUE_LIMIT_MS the dying process may be held, until its heap is dumped and its report is uploaded; 0: it is not held for that.
 */
int crash_handler_register(uint32_t options, uint32_t hold_ms, struct crash_handler_result *result);

/*
 * One request on the control connection. Sends a frame of `type` with the payload and reads the first frame of its answer;
 * with type 0 nothing is sent and the next frame of the same answer is read. EMSGSIZE: the answer is longer than
 * `capacity` (*answer_length says how long). ETIMEDOUT after CH_ANSWER_LIMIT_MS; with CH_FRAME_CAPTURE_REPORT, for which the
 * handler is named as the one that may trace this process, after CH_CAPTURE_REPORT_LIMIT_MS. A Failed frame is an answer, not an error.
 * One request at a time: a second thread gets EBUSY while a call lasts.
 */
int crash_handler_request(uint16_t type, const void *payload, uint32_t length, uint16_t *answer_type, void *buffer,
                          uint32_t capacity, uint32_t *answer_length, struct crash_handler_result *result);

/* Sends a frame that has no answer, such as BlockChanged. Never waits: ETIMEDOUT when the handler has not read the former ones. */
int crash_handler_notify(uint16_t type, struct crash_handler_result *result);

/*
 * Waits until the control connection ends, in any thread, beside other calls. 0: the handler is gone (or the program closed the
 * connection's descriptor: seen within 30 s); start another and connect again. ECANCELED: crash_handler_connect replaced the
 * connection meanwhile; wait again. ENOTCONN: there is none.
 */
int crash_handler_wait(struct crash_handler_result *result);

/*
 * Starts the handler twice removed: no child, no SIGCHLD and no descriptor of this process is left behind. `argv` is the
 * whole argument vector, NULL-terminated, without --ready-fd, which is added here. Waits at most `limit_ms` for the
 * handler's ready line, which is then result->message ("ready PID ADDRESS", "held PID ADDRESS" or "failed TEXT", all of them
 * with error 0). An error is that of the call that failed, ENOEXEC and ENOENT of the execve included.
 */
int crash_handler_launch(const char *path, const char *const *argv, int32_t limit_ms, struct crash_handler_result *result);

#ifdef _WIN32
/*
 * Reports the calling thread, with its registers as they are now and an exception of this code, and returns when the report is over: for what
 * the runtime knows before the system does. `flags`: enum ch_notice_flags. Does nothing when this process is, or was, reported already.
 */
int crash_handler_report(uint32_t code, uint32_t flags, struct crash_handler_result *result);
#endif

/* Writes to address 0 in native code: SIGSEGV, which nothing catches. For trying it out. */
void crash_handler_crash(void);

#ifdef __cplusplus
}
#endif

#endif
