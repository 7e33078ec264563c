/* The C side of protocol/README.md. No code: names, numbers and layouts, each compared with its C# twin by a test. */
#ifndef CRASH_HANDLER_PROTOCOL_H
#define CRASH_HANDLER_PROTOCOL_H

#include <stdint.h>

#define CH_PROTOCOL_VERSION 1
#define CH_FRAME_MAGIC 0x50524843u /* "CHRP" */
#define CH_BLOCK_MAGIC 0x42524843u /* "CHRB" */

#define CH_ENV_PIPE "CRASH_HANDLER_PIPE"
#define CH_ENV_PATH "CRASH_HANDLER_PATH"
#define CH_LOCK_SUFFIX ".lock" /* behind an address: the file that its handler locks */

enum ch_frame_type {
    CH_FRAME_HELLO = 1,
    CH_FRAME_WELCOME = 2,
    CH_FRAME_REFUSAL = 3,
    CH_FRAME_REGISTER = 4,
    CH_FRAME_DONE = 5,
    CH_FRAME_FAILED = 6,
    CH_FRAME_BLOCK_CHANGED = 7,
    CH_FRAME_GET_UPLOADS = 8,
    CH_FRAME_SET_UPLOADS = 9,
    CH_FRAME_UPLOADS = 10,
    CH_FRAME_LIST_UPLOADED = 11,
    CH_FRAME_UPLOADED_REPORT = 12,
    CH_FRAME_GET_STATUS = 13,
    CH_FRAME_STATUS_CHUNK = 14,
    CH_FRAME_SUBMIT_PENDING = 15,
    CH_FRAME_GET_LAST_RUN = 16,
    CH_FRAME_LAST_RUN = 17,
    CH_FRAME_NOTE = 18,
    CH_FRAME_CAPTURE_REPORT = 19,
    CH_FRAME_NOTICE = 32,
    CH_FRAME_TAKEN = 33,
    CH_FRAME_PROGRESS = 34,
    CH_FRAME_RELEASE = 35,
    CH_FRAME_HAND_OVER = 36,
    CH_FRAME_HANDED_OVER = 37,
};

enum ch_role { CH_ROLE_CONTROL = 1, CH_ROLE_CRASH = 2, CH_ROLE_INSPECTOR = 3 };

enum ch_hooks {
    CH_HOOK_STAGE1 = 1,
    CH_HOOK_STAGE2 = 2,
    CH_HOOK_SIGNALS = 4,
    CH_HOOK_SIGACTION = 8,
    CH_HOOK_ABORT = 16,
    CH_HOOK_DOTNET = 32,
    CH_HOOK_FORK = 64,
};

enum ch_register_options { CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER = 1 };

enum ch_notice_flags {
    CH_NOTICE_GETCONTEXT = 1,
    CH_NOTICE_FPSTATE_VALID = 2,
    CH_NOTICE_DOTNET = 4,
    CH_NOTICE_UNHANDLED = 8,  /* Windows: an exception that nobody caught, told by the runtime; the context is that of the telling */
    CH_NOTICE_FAIL_FAST = 16, /* Windows: the process ended itself; the context is that of its doing so */
};

#define CH_MAX_PAYLOAD_BYTES 65536u
#define CH_ANSWER_LIMIT_MS 5000
#define CH_CAPTURE_REPORT_LIMIT_MS 10000
#define CH_TAKEN_LIMIT_MS 1000
#define CH_SILENCE_LIMIT_MS 10000
#define CH_DIALOGUE_LIMIT_MS 30000
#define CH_MAX_KEY_BYTES 255u
#define CH_MAX_VALUE_BYTES 20480u
#define CH_MAX_PARAMETERS 400u

struct ch_frame_header {
    uint32_t magic;
    uint16_t version;
    uint16_t type;
    uint32_t length;
    uint32_t request;
};

struct ch_hello {
    uint16_t role;
    uint16_t reserved0;
    uint32_t hooks;
    int32_t pid;
    int32_t tid;
    uint8_t reserved1[16];
};

struct ch_welcome {
    int32_t handler_pid;
    uint32_t reserved0;
    uint8_t guid[16];
    uint16_t database_length;
    uint16_t url_length;
    uint16_t version_length;
    uint16_t reserved1;
};

struct ch_register {
    uint32_t hooks;
    uint32_t options;
    uint32_t hold_ms;
    uint32_t reserved;
};

#define CH_SIGINFO_BYTES 128
#define CH_UCONTEXT_BYTES 968
#define CH_FXSAVE_BYTES 512

struct ch_crash_notice {
    uint32_t size;
    uint32_t flags;
    int32_t pid;
    int32_t tid;
    int32_t signal;
    int32_t code;
    uint64_t fs_base;
    uint64_t siginfo_address;
    uint64_t ucontext_address;
    uint64_t fpstate_address;
    int64_t time;
    uint8_t siginfo[CH_SIGINFO_BYTES];
    uint8_t ucontext[CH_UCONTEXT_BYTES];
    uint8_t fxsave[CH_FXSAVE_BYTES];
};

/*
 * Windows: what a client sends begins with a u32 count and so many u64 handle values of its own, which the handler duplicates; then the frame.
 * What the handler sends is the bare frame.
 */
#define CH_WINDOWS_COUNT_BYTES 4u
#define CH_WINDOWS_HANDLE_BYTES 8u
#define CH_WINDOWS_MAX_HANDLES 3u
/* MiniDumpWriteDump cannot be hurried. */
#define CH_WINDOWS_DIALOGUE_LIMIT_MS 120000
#define CH_WINDOWS_MAX_PARAMETERS 4u

/* The payload of CH_FRAME_NOTICE on Windows. */
struct ch_windows_notice {
    uint32_t size;
    uint32_t flags;
    int32_t pid;
    int32_t tid;
    uint32_t exception_code;
    uint32_t exception_flags;
    uint64_t exception_address;
    uint64_t pointers_address; /* of the EXCEPTION_POINTERS in the client, 0: none */
    int64_t time;
    uint32_t parameter_count;
    uint32_t reserved0;
    uint64_t parameters[CH_WINDOWS_MAX_PARAMETERS];
    uint8_t reserved1[40];
};

#define CH_HANDED_FILES 3u

struct ch_handed_over {
    int32_t mem_error;
    int32_t maps_error;
    int32_t auxv_error;
    uint32_t reserved;
};

#define CH_BLOCK_HEADER_BYTES 64u
#define CH_BLOCK_CAPACITY 8388608u
#define CH_BLOCK_COPY0 4096u
#define CH_BLOCK_COPY1 (CH_BLOCK_COPY0 + CH_BLOCK_CAPACITY)
#define CH_BLOCK_BYTES (CH_BLOCK_COPY1 + CH_BLOCK_CAPACITY)

struct ch_block_header {
    uint32_t magic;
    uint16_t version;
    uint16_t header_size;
    uint32_t capacity;
    uint32_t reserved0;
    uint64_t current;
    uint8_t reserved1[40];
};

#endif
