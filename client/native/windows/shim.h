/* What the files of crashhandler.dll share. Nothing here is visible outside it. */
#ifndef SHIM_H
#define SHIM_H

#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00 /* Windows 10 */
#endif
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../../protocol/crash_handler_protocol.h"
#include "../crash_handler.h"

#define SHIM_API __declspec(dllexport)

/* Codes of ends that no instruction caused; the first is of winnt.h, the second of ntstatus.h. */
#define SHIM_FAIL_FAST 0xC0000602u
#define SHIM_ABORT 0x40000015u

/* Characters of a pipe's name: what CreateNamedPipe takes. */
#define SHIM_ADDRESS_CHARS 256u
/* Milliseconds between two looks of a thread that waits for what nobody tells it. */
#define SHIM_WAIT_STEP_MS 10
/* Milliseconds that a report waits for the few calls in which another thread replaces the connections. */
#define SHIM_REPLACE_LIMIT_MS 100
/* Bytes of payload that a frame of the crash path has at most, in either direction. */
#define SHIM_SMALL_PAYLOAD 256u

/* The numbers of Linux's errno: the API's callers know these. */
enum shim_errno {
    SHIM_ENOENT = 2,
    SHIM_EIO = 5,
    SHIM_ENOEXEC = 8,
    SHIM_EBADF = 9,
    SHIM_ECHILD = 10,
    SHIM_ENOMEM = 12,
    SHIM_EACCES = 13,
    SHIM_EBUSY = 16,
    SHIM_EINVAL = 22,
    SHIM_ENAMETOOLONG = 36,
    SHIM_EPROTO = 71,
    SHIM_EBADMSG = 74,
    SHIM_EMSGSIZE = 90,
    SHIM_ECONNRESET = 104,
    SHIM_ENOTCONN = 107,
    SHIM_ETIMEDOUT = 110,
    SHIM_ECANCELED = 125,
};

/* What failed: an errno, and the Win32 call and error behind it. */
struct shim_error {
    int number;       /* enum shim_errno, 0: nothing failed */
    DWORD win32;      /* GetLastError(), 0: no call of Windows failed */
    const char *call; /* its name, or what was wrong */
};

#define SHIM_DONE ((struct shim_error) { 0, 0, "" })
#define SHIM_FAILED(errno, what) ((struct shim_error) { (errno), 0, (what) })

/* error.c */
struct shim_error shim_win32(const char *call, DWORD error);
struct shim_error shim_last_error(const char *call);

/* Milliseconds that only grow, as GetTickCount64, which reads a page and calls nobody. Every deadline is a time on this clock. */
static inline int64_t shim_now(void)
{
    return (int64_t)GetTickCount64();
}

static inline int64_t shim_deadline(int64_t milliseconds)
{
    return shim_now() + milliseconds;
}

static inline DWORD shim_left(int64_t deadline)
{
    int64_t left = deadline - shim_now();
    return left > 0 ? (DWORD)left : 0;
}

/* connection.c: pipes and frames. For the crash path too: no allocation, no lock, but for the system's own in a new connection. */
struct shim_connections {
    HANDLE control;  /* NULL: none */
    HANDLE crash;    /* NULL: none */
    HANDLE process;  /* the handler's, to wait for; NULL: none */
    HANDLE replaced; /* an event: set when another one took the control connection's place */
    DWORD handler;   /* as the kernel names the pipe's server */
    WCHAR address[SHIM_ADDRESS_CHARS];
};
extern struct shim_connections shim_connections;
/* Held while the connections change, and while a waiter makes copies of the handles that it waits for. Never on the crash path. */
extern SRWLOCK shim_watch_lock;

struct shim_welcome {
    void *buffer; /* NULL: not wanted */
    uint32_t capacity;
    uint32_t length;
    uint16_t type; /* the frame that came: Welcome or Refusal */
};

struct shim_error shim_send(HANDLE pipe, uint16_t type, uint32_t request, const void *payload, uint32_t length, HANDLE handle, int64_t deadline);
struct shim_error shim_send_large(HANDLE pipe, uint16_t type, uint32_t request, const void *payload, uint32_t length, HANDLE handle, int64_t deadline);
struct shim_error shim_receive(HANDLE pipe, struct ch_frame_header *header, void *buffer, uint32_t capacity, int64_t deadline);
struct shim_error shim_connect_both(const WCHAR *address, struct shim_welcome *welcome);
struct shim_error shim_reconnect_crash(const WCHAR *address, int64_t deadline);
void shim_hold_connections(void);

/* peer.c: who serves the pipe. */
struct shim_error shim_check_server(HANDLE pipe, DWORD *pid);

/* faults.c: what the processor complained of, and which of it is the end. */
struct shim_error shim_install_handlers(void);
extern volatile LONG shim_installed;
const EXCEPTION_POINTERS *shim_live_fault(const void *stack);
const EXCEPTION_POINTERS *shim_seen_fault(const EXCEPTION_RECORD *record);
bool shim_is_fault(DWORD code);

/* dialogue.c: one report. */
struct shim_evidence {
    const EXCEPTION_POINTERS *pointers; /* stay valid until the report is over */
    uint32_t flags;                     /* enum ch_notice_flags */
    DWORD tid;                          /* the thread that died; 0: the calling one */
};
void shim_report(const struct shim_evidence *evidence);
LONG shim_reporter(void);
extern uint32_t shim_options; /* enum ch_register_options */
extern uint32_t shim_hold_ms; /* Milliseconds that a report may take beyond CH_WINDOWS_DIALOGUE_LIMIT_MS. */
void shim_report_here(const EXCEPTION_RECORD *record, uint32_t flags);
/* Ends the process with the code, and without WER. */
_Noreturn void shim_terminate(UINT code);

/* hooks_iat.c: the imports by which the runtime ends the process. */
uint32_t shim_patch_imports(char *message, size_t capacity);
void shim_report_end(const EXCEPTION_RECORD *record, CONTEXT *context, const void *stack);

/* aborts.c: the C runtimes. */
void shim_watch_aborts(void);

/* wer.c: Windows Error Reporting's way into this library. */
void shim_register_with_wer(HMODULE library);
void shim_tell_wer(uint32_t options, uint32_t hold_ms);

/* runtime.c */
bool shim_has_dotnet(void);

/* block.c */
HANDLE shim_block_handle(void); /* NULL: there is none */
struct shim_error shim_block(void **memory, HANDLE *section);

/* launch.c */
WCHAR *shim_command_line(const WCHAR *const *arguments);
struct shim_error shim_create_handler(const WCHAR *path, WCHAR *command, HANDLE ready);
struct shim_error shim_launch(const char *path, const char *const *argv, int32_t limit_ms, char *line, size_t capacity);

/* last_resort.c: a handler started by the process that dies. */
void shim_last_resort_prepare(const struct shim_welcome *welcome, const WCHAR *address, HANDLE handler);
bool shim_last_resort_start(int64_t deadline);

/* watch.c */
struct shim_error shim_wait_for_end(void);

/* text.c: UTF-8 in bounded buffers. */
void shim_append(char *text, size_t capacity, const char *more);
void shim_append_bytes(char *text, size_t capacity, const char *more, size_t length);
void shim_append_number(char *text, size_t capacity, uint64_t number);
WCHAR *shim_wide(const char *text); /* free with shim_free; NULL: no memory */
void *shim_allocate(size_t bytes);
void shim_free(void *memory);

/* api.c */
uint32_t shim_hooks(void);

#endif
