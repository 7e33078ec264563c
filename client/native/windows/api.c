/* The exported functions. Ordinary code, not for the crash path, but for crash_handler_report. */
#include "shim.h"

static uint32_t import_hooks; /* what hooks_iat.c put in place */
static volatile LONG last_request;
static volatile LONG request_in_progress;
static bool is_dotnet;

/* What is in place in this process, as bits of enum ch_hooks. */
uint32_t shim_hooks(void)
{
    return (is_dotnet ? CH_HOOK_DOTNET : 0) | (shim_installed ? CH_HOOK_STAGE2 | CH_HOOK_SIGNALS : 0) | import_hooks;
}

static void clear(struct crash_handler_result *result)
{
    result->error = 0;
    result->reserved = 0;
    result->message[0] = '\0';
}

static void say(struct crash_handler_result *result, const char *text)
{
    shim_append(result->message, sizeof result->message, text);
}

static void say_error(struct crash_handler_result *result, struct shim_error error)
{
    say(result, error.call);
    if (error.win32 != 0) {
        say(result, ": Win32 error ");
        shim_append_number(result->message, sizeof result->message, error.win32);
    }
}

static const char *advice_for(int number)
{
    switch (number) {
    case SHIM_ENOENT:
        return "no handler serves that pipe; start one";
    case SHIM_EACCES:
        return "the pipe must be this user's, with a handler of this user's, the system's or an administrator's behind it";
    case SHIM_ETIMEDOUT:
        return "the handler does not answer; is it suspended?";
    case SHIM_ENOTCONN:
        return "call crash_handler_connect first";
    case SHIM_EBUSY:
        return "one request at a time, and none while this process is being reported";
    case SHIM_ECONNRESET:
        return "the handler is gone; start another and connect again";
    case SHIM_EMSGSIZE:
        return "the frame is too long for the buffer or for the protocol";
    case SHIM_ENOMEM:
        return "the system's limit of committed memory is reached";
    default:
        return "is it the pipe of a crash-handler? connect again";
    }
}

/* Fills in what every function reports, and the message when there is an error: "WHAT OBJECT: CALL: Win32 error N; ADVICE". */
static int finish_with(struct crash_handler_result *result, struct shim_error error, const char *what, const char *object, const char *advice)
{
    result->error = error.number;
    result->handler_pid = (int32_t)shim_connections.handler;
    result->hooks = shim_hooks();
    if (error.number != 0) {
        result->message[0] = '\0';
        say(result, what);
        say(result, object);
        say(result, ": ");
        say_error(result, error);
        say(result, "; ");
        say(result, advice != NULL ? advice : advice_for(error.number));
    }
    return error.number;
}

static int finish(struct crash_handler_result *result, struct shim_error error, const char *what)
{
    return finish_with(result, error, what, "", NULL);
}

SHIM_API int crash_handler_version(void)
{
    return CH_PROTOCOL_VERSION;
}

/* A Refusal's payload is a number and a text. */
static int refused(const struct shim_welcome *welcome, struct shim_error error, struct crash_handler_result *result)
{
    uint32_t held = welcome->length < welcome->capacity ? welcome->length : welcome->capacity;
    finish(result, error, "");
    result->message[0] = '\0';
    say(result, "the handler refused: ");
    if (held > sizeof(uint16_t)) {
        shim_append_bytes(result->message, sizeof result->message, (const char *)welcome->buffer + sizeof(uint16_t), held - sizeof(uint16_t));
    }
    return error.number;
}

SHIM_API int crash_handler_connect(const char *address, void *welcome, uint32_t capacity, uint32_t *welcome_length, struct crash_handler_result *result)
{
    struct shim_welcome answer = { .buffer = welcome, .capacity = capacity };
    clear(result);
    WCHAR *wide = shim_wide(address);
    struct shim_error error = wide != NULL ? shim_connect_both(wide, &answer) : SHIM_FAILED(SHIM_ENOMEM, "converting the address");
    shim_free(wide);
    if (welcome_length != NULL) {
        *welcome_length = answer.length;
    }
    if (error.number == SHIM_EPROTO && answer.type == CH_FRAME_REFUSAL) {
        return refused(&answer, error, result);
    }
    return finish_with(result, error, "connecting to ", address, NULL);
}

SHIM_API int crash_handler_install(struct crash_handler_result *result)
{
    clear(result);
    is_dotnet = shim_has_dotnet();
    struct shim_error error = shim_install_handlers();
    if (error.number == 0) {
        import_hooks |= shim_patch_imports(result->message, sizeof result->message);
    }
    return finish_with(result, error, "installing the handlers", "", "this library must stay loaded, and cannot be pinned");
}

SHIM_API int crash_handler_block(void **block, struct crash_handler_result *result)
{
    HANDLE section;
    clear(result);
    return finish(result, shim_block(block, &section), "making the registration block");
}

static bool request_begin(void)
{
    return InterlockedCompareExchange(&request_in_progress, 1, 0) == 0;
}

static void request_end(void)
{
    InterlockedExchange(&request_in_progress, 0);
}

static struct shim_error send_request(uint16_t type, const void *payload, uint32_t length, HANDLE handle)
{
    return shim_send_large(shim_connections.control, type, (uint32_t)InterlockedIncrement(&last_request), payload, length, handle, shim_deadline(CH_ANSWER_LIMIT_MS));
}

/* Reads the next frame that answers the last request; those of a request that was given up are passed over. */
static struct shim_error read_answer(int64_t limit_ms, uint16_t *type, void *buffer, uint32_t capacity, uint32_t *length)
{
    int64_t deadline = shim_deadline(limit_ms);
    struct ch_frame_header header = { 0 };
    struct shim_error error;
    do {
        error = shim_receive(shim_connections.control, &header, buffer, capacity, deadline);
    } while ((error.number == 0 || error.number == SHIM_EMSGSIZE) && header.request != (uint32_t)last_request && header.type != CH_FRAME_REFUSAL);
    *type = header.type;
    *length = header.length;
    return error;
}

static struct shim_error begin(void)
{
    if (shim_connections.control == NULL) {
        return SHIM_FAILED(SHIM_ENOTCONN, "there is no connection");
    }
    return request_begin() ? SHIM_DONE : SHIM_FAILED(SHIM_EBUSY, "another request is in progress");
}

SHIM_API int crash_handler_register(uint32_t options, uint32_t hold_ms, struct crash_handler_result *result)
{
    void *block;
    HANDLE section;
    uint16_t type = 0;
    uint32_t length = 0;
    char text[CRASH_HANDLER_MESSAGE_BYTES] = "";
    clear(result);
    struct shim_error error = shim_block(&block, &section);
    if (error.number != 0) {
        return finish(result, error, "making the registration block");
    }
    is_dotnet = shim_has_dotnet();
    struct ch_register payload = { .hooks = shim_hooks(), .options = options, .hold_ms = hold_ms };
    error = begin();
    if (error.number != 0) {
        return finish(result, error, "Register");
    }
    error = send_request(CH_FRAME_REGISTER, &payload, sizeof payload, section);
    error = error.number != 0 ? error : read_answer(CH_ANSWER_LIMIT_MS, &type, text, sizeof text - 1, &length);
    request_end();
    if (error.number == 0 && type != CH_FRAME_DONE) {
        return finish_with(result, SHIM_FAILED(SHIM_EPROTO, "the handler did not register this process"), "Register", "", text);
    }
    if (error.number == 0) {
        shim_options = options;
        shim_tell_wer(options, hold_ms);
        shim_hold_ms = hold_ms;
    }
    return finish(result, error, "Register");
}

SHIM_API int crash_handler_request(uint16_t type, const void *payload, uint32_t length, uint16_t *answer_type, void *buffer, uint32_t capacity,
                                   uint32_t *answer_length, struct crash_handler_result *result)
{
    clear(result);
    *answer_type = 0;
    *answer_length = 0;
    struct shim_error error = begin();
    if (error.number == 0) {
        int64_t limit_ms = type == CH_FRAME_CAPTURE_REPORT ? CH_WINDOWS_DIALOGUE_LIMIT_MS : CH_ANSWER_LIMIT_MS;
        error = type != 0 ? send_request(type, payload, length, NULL) : SHIM_DONE;
        error = error.number != 0 ? error : read_answer(limit_ms, answer_type, buffer, capacity, answer_length);
        request_end();
    }
    return finish(result, error, "a request");
}

SHIM_API int crash_handler_notify(uint16_t type, struct crash_handler_result *result)
{
    clear(result);
    struct shim_error error = SHIM_FAILED(SHIM_ENOTCONN, "there is no connection");
    if (shim_connections.control != NULL) {
        error = shim_send(shim_connections.control, type, 0, NULL, 0, NULL, shim_now()); /* no patience */
    }
    return finish(result, error, "a notice");
}

SHIM_API int crash_handler_wait(struct crash_handler_result *result)
{
    clear(result);
    return finish(result, shim_wait_for_end(), "waiting for the handler's end");
}

/* The number after the first space of "ready PID ADDRESS"; 0 if there is none. */
static int32_t pid_in(const char *line)
{
    int32_t pid = 0;
    while (*line != '\0' && *line != ' ') {
        line++;
    }
    for (line += *line != '\0'; *line >= '0' && *line <= '9' && pid < INT32_MAX / 10; line++) {
        pid = pid * 10 + (*line - '0');
    }
    return pid;
}

SHIM_API int crash_handler_launch(const char *path, const char *const *argv, int32_t limit_ms, struct crash_handler_result *result)
{
    clear(result);
    struct shim_error error = shim_launch(path, argv, limit_ms, result->message, sizeof result->message);
    finish_with(result, error, "starting the handler ", path,
           error.number == SHIM_ETIMEDOUT ? "it was not ready in time"
               : error.number == SHIM_ECHILD ? "it ended before it was ready, see the log in its database"
                                             : "set CRASH_HANDLER_PATH to the crash-handler.exe");
    result->handler_pid = error.number == 0 ? pid_in(result->message) : 0;
    return error.number;
}

SHIM_API int crash_handler_report(uint32_t code, uint32_t flags, struct crash_handler_result *result)
{
    clear(result);
    EXCEPTION_RECORD record = { .ExceptionCode = code, .ExceptionFlags = EXCEPTION_NONCONTINUABLE };
    shim_report_here(&record, flags);
    return finish(result, SHIM_DONE, "");
}

SHIM_API __attribute__((noinline)) void crash_handler_crash(void)
{
    volatile int *nowhere = NULL;
    __asm__("" : "+r"(nowhere)); /* the compiler would make an illegal instruction of a null pointer it knows */
    *nowhere = 0;
}
