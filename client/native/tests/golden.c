/* Prints the C side of the protocol, one "name value" a line: sizes, offsets, values, and sample bytes as hex. */
#include <stddef.h>
#include <stdio.h>

#include "../../../protocol/crash_handler_protocol.h"

#define VALUE(name) printf("%s %llu\n", #name, (unsigned long long)(name))
#define SIZE(type) printf("sizeof %s %zu\n", #type, sizeof(struct type))
#define OFFSET(type, field) printf("offsetof %s.%s %zu\n", #type, #field, offsetof(struct type, field))

static void print_hex(const char *name, const void *bytes, size_t length)
{
    printf("hex %s ", name);
    for (size_t i = 0; i < length; i++) {
        printf("%02x", ((const uint8_t *)bytes)[i]);
    }
    printf("\n");
}

static void print_constants(void)
{
    VALUE(CH_PROTOCOL_VERSION);
    VALUE(CH_FRAME_MAGIC);
    VALUE(CH_BLOCK_MAGIC);
    VALUE(CH_FRAME_HELLO);
    VALUE(CH_FRAME_WELCOME);
    VALUE(CH_FRAME_REFUSAL);
    VALUE(CH_FRAME_REGISTER);
    VALUE(CH_FRAME_DONE);
    VALUE(CH_FRAME_FAILED);
    VALUE(CH_FRAME_BLOCK_CHANGED);
    VALUE(CH_FRAME_GET_UPLOADS);
    VALUE(CH_FRAME_SET_UPLOADS);
    VALUE(CH_FRAME_UPLOADS);
    VALUE(CH_FRAME_LIST_UPLOADED);
    VALUE(CH_FRAME_UPLOADED_REPORT);
    VALUE(CH_FRAME_GET_STATUS);
    VALUE(CH_FRAME_STATUS_CHUNK);
    VALUE(CH_FRAME_SUBMIT_PENDING);
    VALUE(CH_FRAME_GET_LAST_RUN);
    VALUE(CH_FRAME_LAST_RUN);
    VALUE(CH_FRAME_NOTE);
    VALUE(CH_FRAME_CAPTURE_REPORT);
    VALUE(CH_FRAME_NOTICE);
    VALUE(CH_FRAME_TAKEN);
    VALUE(CH_FRAME_PROGRESS);
    VALUE(CH_FRAME_RELEASE);
    VALUE(CH_FRAME_HAND_OVER);
    VALUE(CH_FRAME_HANDED_OVER);
    VALUE(CH_ROLE_CONTROL);
    VALUE(CH_ROLE_CRASH);
    VALUE(CH_ROLE_INSPECTOR);
    VALUE(CH_HOOK_STAGE1);
    VALUE(CH_HOOK_STAGE2);
    VALUE(CH_HOOK_SIGNALS);
    VALUE(CH_HOOK_SIGACTION);
    VALUE(CH_HOOK_ABORT);
    VALUE(CH_HOOK_DOTNET);
    VALUE(CH_HOOK_FORK);
    VALUE(CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER);
    VALUE(CH_NOTICE_GETCONTEXT);
    VALUE(CH_NOTICE_FPSTATE_VALID);
    VALUE(CH_NOTICE_DOTNET);
    VALUE(CH_NOTICE_UNHANDLED);
    VALUE(CH_NOTICE_FAIL_FAST);
    VALUE(CH_WINDOWS_COUNT_BYTES);
    VALUE(CH_WINDOWS_HANDLE_BYTES);
    VALUE(CH_WINDOWS_MAX_HANDLES);
    VALUE(CH_WINDOWS_DIALOGUE_LIMIT_MS);
    VALUE(CH_WINDOWS_MAX_PARAMETERS);
    VALUE(CH_MAX_PAYLOAD_BYTES);
    VALUE(CH_ANSWER_LIMIT_MS);
    VALUE(CH_CAPTURE_REPORT_LIMIT_MS);
    VALUE(CH_TAKEN_LIMIT_MS);
    VALUE(CH_SILENCE_LIMIT_MS);
    VALUE(CH_DIALOGUE_LIMIT_MS);
    VALUE(CH_MAX_KEY_BYTES);
    VALUE(CH_MAX_VALUE_BYTES);
    VALUE(CH_MAX_PARAMETERS);
    VALUE(CH_SIGINFO_BYTES);
    VALUE(CH_UCONTEXT_BYTES);
    VALUE(CH_FXSAVE_BYTES);
    VALUE(CH_HANDED_FILES);
    VALUE(CH_BLOCK_HEADER_BYTES);
    VALUE(CH_BLOCK_CAPACITY);
    VALUE(CH_BLOCK_COPY0);
    VALUE(CH_BLOCK_COPY1);
    VALUE(CH_BLOCK_BYTES);
    printf("CH_ENV_PIPE %s\n", CH_ENV_PIPE);
    printf("CH_ENV_PATH %s\n", CH_ENV_PATH);
}

static void print_layouts(void)
{
    SIZE(ch_frame_header);
    OFFSET(ch_frame_header, magic);
    OFFSET(ch_frame_header, version);
    OFFSET(ch_frame_header, type);
    OFFSET(ch_frame_header, length);
    OFFSET(ch_frame_header, request);
    SIZE(ch_hello);
    OFFSET(ch_hello, role);
    OFFSET(ch_hello, hooks);
    OFFSET(ch_hello, pid);
    OFFSET(ch_hello, tid);
    SIZE(ch_welcome);
    OFFSET(ch_welcome, handler_pid);
    OFFSET(ch_welcome, guid);
    OFFSET(ch_welcome, database_length);
    OFFSET(ch_welcome, url_length);
    OFFSET(ch_welcome, version_length);
    SIZE(ch_register);
    OFFSET(ch_register, hooks);
    OFFSET(ch_register, options);
    OFFSET(ch_register, hold_ms);
    SIZE(ch_crash_notice);
    OFFSET(ch_crash_notice, size);
    OFFSET(ch_crash_notice, flags);
    OFFSET(ch_crash_notice, pid);
    OFFSET(ch_crash_notice, tid);
    OFFSET(ch_crash_notice, signal);
    OFFSET(ch_crash_notice, code);
    OFFSET(ch_crash_notice, fs_base);
    OFFSET(ch_crash_notice, siginfo_address);
    OFFSET(ch_crash_notice, ucontext_address);
    OFFSET(ch_crash_notice, fpstate_address);
    OFFSET(ch_crash_notice, time);
    OFFSET(ch_crash_notice, siginfo);
    OFFSET(ch_crash_notice, ucontext);
    OFFSET(ch_crash_notice, fxsave);
    SIZE(ch_windows_notice);
    OFFSET(ch_windows_notice, size);
    OFFSET(ch_windows_notice, flags);
    OFFSET(ch_windows_notice, pid);
    OFFSET(ch_windows_notice, tid);
    OFFSET(ch_windows_notice, exception_code);
    OFFSET(ch_windows_notice, exception_flags);
    OFFSET(ch_windows_notice, exception_address);
    OFFSET(ch_windows_notice, pointers_address);
    OFFSET(ch_windows_notice, time);
    OFFSET(ch_windows_notice, parameter_count);
    OFFSET(ch_windows_notice, parameters);
    SIZE(ch_handed_over);
    OFFSET(ch_handed_over, mem_error);
    OFFSET(ch_handed_over, maps_error);
    OFFSET(ch_handed_over, auxv_error);
    SIZE(ch_block_header);
    OFFSET(ch_block_header, magic);
    OFFSET(ch_block_header, version);
    OFFSET(ch_block_header, header_size);
    OFFSET(ch_block_header, capacity);
    OFFSET(ch_block_header, current);
}

static void print_samples(void)
{
    struct {
        struct ch_frame_header header;
        struct ch_hello hello;
    } hello = {
        { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, CH_FRAME_HELLO, sizeof(struct ch_hello), 0 },
        { .role = CH_ROLE_CRASH, .hooks = CH_HOOK_SIGNALS | CH_HOOK_ABORT, .pid = 7, .tid = 9 },
    };
    struct {
        struct ch_frame_header header;
        struct ch_register body;
    } registration = {
        { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, CH_FRAME_REGISTER, sizeof(struct ch_register), 3 },
        { .hooks = CH_HOOK_STAGE2 | CH_HOOK_SIGNALS, .options = CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER, .hold_ms = 60000 },
    };
    struct {
        struct ch_frame_header header;
        struct ch_handed_over body;
    } handed = {
        { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, CH_FRAME_HANDED_OVER, sizeof(struct ch_handed_over), 0 },
        { .mem_error = 13, .auxv_error = 2 },
    };
    struct ch_block_header block = {
        .magic = CH_BLOCK_MAGIC,
        .version = CH_PROTOCOL_VERSION,
        .header_size = CH_BLOCK_HEADER_BYTES,
        .capacity = CH_BLOCK_CAPACITY,
        .current = 3,
    };
    struct ch_crash_notice notice = {
        sizeof notice, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, .siginfo = { 11 }, .ucontext = { 12 }, .fxsave = { 13 },
    };
    struct ch_windows_notice windows_notice = { sizeof windows_notice, 20, 2, 3, 4, 5, 6, 7, 8, 3, 0, { 9, 10, 11, 0 }, { 0 } };
    print_hex("hello", &hello, sizeof hello);
    print_hex("register", &registration, sizeof registration);
    print_hex("handed_over", &handed, sizeof handed);
    print_hex("block_header", &block, sizeof block);
    print_hex("notice", &notice, sizeof notice);
    print_hex("windows_notice", &windows_notice, sizeof windows_notice);
}

int main(void)
{
    print_constants();
    print_layouts();
    print_samples();
    return 0;
}
