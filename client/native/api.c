/* The exported functions. Ordinary code, not for the crash path. */
#include "shim.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash_handler.h"

#define DECIMAL 10

static uint32_t slot_hooks; /* the runtime's slots that are patched */
static uint32_t last_request;
static bool request_in_progress;

/* What is in place in this process, as bits of enum ch_hooks. */
uint32_t shim_hooks(void)
{
    uint32_t hooks = (shim_dotnet ? CH_HOOK_DOTNET : 0) | (shim_installed ? CH_HOOK_SIGNALS : 0);
    if (shim_is_preloaded()) {
        return hooks | CH_HOOK_STAGE1 | CH_HOOK_SIGACTION | CH_HOOK_ABORT | slot_hooks;
    }
    return hooks | (shim_installed ? CH_HOOK_STAGE2 : 0) | slot_hooks;
}

static void clear(struct crash_handler_result *result)
{
    result->error = 0;
    result->reserved = 0;
    result->message[0] = '\0';
}

/* Fills in what every function reports, and the message when there is an error. */
static __attribute__((format(printf, 3, 4))) int finish(struct crash_handler_result *result, int error, const char *format, ...)
{
    result->error = error;
    result->handler_pid = shim_connections.handler;
    result->hooks = shim_hooks();
    if (error != 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(result->message, sizeof result->message, format, arguments);
        va_end(arguments);
    }
    return error;
}

SHIM_API int crash_handler_version(void)
{
    return CH_PROTOCOL_VERSION;
}

/* A Refusal's payload is a number and a text. */
static int refused(const struct shim_welcome *welcome, struct crash_handler_result *result)
{
    uint32_t held = welcome->length < welcome->capacity ? welcome->length : welcome->capacity;
    int text = held > sizeof(uint16_t) ? (int)(held - sizeof(uint16_t)) : 0;
    return finish(result, EPROTO, "the handler refused: %.*s", text, (const char *)welcome->buffer + sizeof(uint16_t));
}

static const char *advice_for_connect(int error)
{
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return "no handler listens there; start one";
    case EACCES:
        return "it must be this user's socket, with a handler of this user's, or root's, behind it";
    case ETIMEDOUT:
        return "the handler does not answer; is it stopped?";
    case ENAMETOOLONG:
        return "a socket's path has at most 107 bytes; use a shorter one";
    case EMSGSIZE:
        return "the Welcome does not fit the buffer";
    case EPROTO:
        return "the handler refused the crash connection";
    case EBUSY:
        return "this process is being reported";
    default:
        return "is it the socket of a crash-handler?";
    }
}

SHIM_API int crash_handler_connect(const char *address, void *welcome, uint32_t capacity, uint32_t *welcome_length,
                                   struct crash_handler_result *result)
{
    struct shim_welcome answer = { .buffer = welcome, .capacity = capacity };
    clear(result);
    int error = shim_connect_both(address, &answer, CH_ANSWER_LIMIT_MS, CH_ANSWER_LIMIT_MS);
    if (welcome_length != NULL) {
        *welcome_length = answer.length;
    }
    if (error == EPROTO && answer.type == CH_FRAME_REFUSAL) {
        return refused(&answer, result);
    }
    return finish(result, error, "connecting to %s: %s; %s", address, strerror(error), advice_for_connect(error));
}

SHIM_API int crash_handler_install(struct crash_handler_result *result)
{
    clear(result);
    shim_detect_runtime();
    shim_install_signals();
    if (!shim_is_preloaded()) {
        slot_hooks |= shim_patch_slots(result->message, sizeof result->message);
    }
    return finish(result, 0, " ");
}

SHIM_API int crash_handler_block(void **block, struct crash_handler_result *result)
{
    int descriptor;
    clear(result);
    int error = shim_block(block, &descriptor);
    return finish(result, error, "making the registration block (memfd, seals, mmap of %u bytes): %s%s", CH_BLOCK_BYTES,
                  strerror(error), error == EFBIG ? "; RLIMIT_FSIZE ('ulimit -f') is below that" : "");
}

static bool request_begin(void)
{
    return !__atomic_test_and_set(&request_in_progress, __ATOMIC_ACQUIRE);
}

static void request_end(void)
{
    __atomic_clear(&request_in_progress, __ATOMIC_RELEASE);
}

/* Reads the next frame that answers the last request; those of a request that was given up are passed over. */
static int read_answer(int64_t limit_ms, uint16_t *type, void *buffer, uint32_t capacity, uint32_t *length)
{
    int64_t deadline = shim_deadline(limit_ms);
    struct ch_frame_header header = { 0 };
    int error;
    do {
        error = shim_receive(shim_connections.control, &header, buffer, capacity, deadline);
    } while ((error == 0 || error == EMSGSIZE) && header.request != last_request && header.type != CH_FRAME_REFUSAL);
    *type = header.type;
    *length = header.length;
    return error;
}

static int send_request(uint16_t type, const void *payload, uint32_t length, int descriptor)
{
    if (length > CH_MAX_PAYLOAD_BYTES) {
        return EMSGSIZE;
    }
    return shim_send(shim_connections.control, type, ++last_request, payload, length, descriptor,
                     shim_deadline(CH_ANSWER_LIMIT_MS));
}

static const char *advice_for_request(int error)
{
    switch (error) {
    case ENOTCONN:
        return "call crash_handler_connect first";
    case EBUSY:
        return "one request at a time";
    case ECONNRESET:
    case EPIPE:
        return "the handler is gone; start another and connect again";
    case EACCES:
        return "it must be this user's socket, with a handler of this user's, or root's, behind it";
    case ETIMEDOUT:
        return "the handler does not answer; is it stopped?";
    case EMSGSIZE:
        return "the frame is too long for the buffer or for the protocol";
    default:
        return "the control connection is of no more use; connect again";
    }
}

SHIM_API int crash_handler_register(uint32_t options, uint32_t hold_ms, struct crash_handler_result *result)
{
    void *block;
    int descriptor;
    clear(result);
    int error = shim_block(&block, &descriptor);
    if (error != 0) {
        return finish(result, error, "making the registration block: %s", strerror(error));
    }
    shim_detect_runtime();
    if (shim_dotnet && options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        slot_hooks |= shim_patch_createdump(result->message, sizeof result->message);
    }
    struct ch_register payload = { .hooks = shim_hooks(), .options = options, .hold_ms = hold_ms };
    uint16_t type = 0;
    uint32_t length = 0;
    char text[CRASH_HANDLER_MESSAGE_BYTES];
    error = !shim_control_stands() ? ENOTCONN : request_begin() ? 0 : EBUSY;
    if (error != 0) {
        return finish(result, error, "Register: %s; %s", strerror(error), advice_for_request(error));
    }
    error = send_request(CH_FRAME_REGISTER, &payload, sizeof payload, descriptor);
    error = error != 0 ? error : read_answer(CH_ANSWER_LIMIT_MS, &type, text, sizeof text, &length);
    request_end();
    if (error == 0 && type != CH_FRAME_DONE) {
        return finish(result, EPROTO, "the handler did not register this process: %.*s", (int)length, text);
    }
    if (error == 0) {
        shim_options = options;
        shim_hold_ms = hold_ms;
    }
    return finish(result, error, "Register: %s; %s", strerror(error), advice_for_request(error));
}

SHIM_API int crash_handler_request(uint16_t type, const void *payload, uint32_t length, uint16_t *answer_type, void *buffer,
                                   uint32_t capacity, uint32_t *answer_length, struct crash_handler_result *result)
{
    clear(result);
    *answer_type = 0;
    *answer_length = 0;
    int error = !shim_control_stands() ? ENOTCONN : request_begin() ? 0 : EBUSY;
    if (error == 0) {
        if (type == CH_FRAME_CAPTURE_REPORT) {
            shim_name_tracer();
        }
        int64_t limit_ms = type == CH_FRAME_CAPTURE_REPORT ? CH_CAPTURE_REPORT_LIMIT_MS : CH_ANSWER_LIMIT_MS;
        error = type != 0 ? send_request(type, payload, length, -1) : 0;
        error = error != 0 ? error : read_answer(limit_ms, answer_type, buffer, capacity, answer_length);
        request_end();
    }
    return finish(result, error, "request %u: %s; %s", type, strerror(error), advice_for_request(error));
}

SHIM_API int crash_handler_notify(uint16_t type, struct crash_handler_result *result)
{
    clear(result);
    int error = ENOTCONN;
    if (shim_control_stands()) {
        error = shim_send(shim_connections.control, type, 0, NULL, 0, -1, shim_now()); /* no patience */
    }
    return finish(result, error, "notice %u: %s; %s", type, strerror(error), advice_for_request(error));
}

SHIM_API int crash_handler_wait(struct crash_handler_result *result)
{
    clear(result);
    int error = shim_wait_for_hangup();
    return finish(result, error, "waiting for the handler's end: %s; %s", strerror(error),
                  error == ECANCELED ? "another connection took this one's place" : advice_for_request(error));
}

/* The number after the first space of "ready PID ADDRESS"; 0 if there is none. */
static int32_t pid_in(const char *line)
{
    int32_t pid = 0;
    const char *space = strchr(line, ' ');
    for (const char *digit = space != NULL ? space + 1 : ""; *digit >= '0' && *digit <= '9' && pid < INT32_MAX / DECIMAL; digit++) {
        pid = pid * DECIMAL + (*digit - '0');
    }
    return pid;
}

SHIM_API int crash_handler_launch(const char *path, const char *const *argv, int32_t limit_ms, struct crash_handler_result *result)
{
    const char *what = "";
    clear(result);
    int error = shim_launch(path, (char *const *)argv, limit_ms, result->message, sizeof result->message, &what);
    finish(result, error, "starting the handler %s (%s): %s%s", path, what, strerror(error),
           error == ETIMEDOUT ? "; it was not ready in time"
               : error == ECHILD ? "; it ended before it was ready, see the log in its database; with less than 5 GB of addresses ('ulimit -v') it cannot start"
               : "; set CRASH_HANDLER_PATH to the crash-handler executable");
    result->handler_pid = error == 0 ? pid_in(result->message) : 0;
    return error;
}

SHIM_API __attribute__((noinline)) void crash_handler_crash(void)
{
    volatile int *nowhere = NULL;
    __asm__("" : "+r"(nowhere)); /* the compiler would make an illegal instruction of a null pointer it knows */
    *nowhere = 0;
}
