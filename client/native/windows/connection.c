/*
 * Pipes and frames. Ordinary code and the crash path share all of it: nothing of ours allocates or takes a lock, every wait has a deadline.
 * CreateFileW and WaitNamedPipeW, which only a new connection calls, allocate from the process heap (README.md).
 * A pipe is in message mode and overlapped; each operation brings its own event, so that two threads may use one pipe.
 */
#include "shim.h"

#define PREFIX_BYTES (CH_WINDOWS_COUNT_BYTES + CH_WINDOWS_HANDLE_BYTES)
#define DRAIN_BYTES 512u
#define LOCAL_PIPE L"\\\\.\\pipe\\"

struct shim_connections shim_connections;
SRWLOCK shim_watch_lock = SRWLOCK_INIT;

/* Waits for an operation that was begun, and takes it back at the deadline: its memory is the caller's again in any case. */
static struct shim_error finish(HANDLE pipe, OVERLAPPED *operation, DWORD begun, const char *call, int64_t deadline, DWORD *bytes)
{
    if (begun == ERROR_IO_PENDING) {
        bool is_late = WaitForSingleObject(operation->hEvent, shim_left(deadline)) != WAIT_OBJECT_0;
        if (is_late) {
            CancelIoEx(pipe, operation);
        }
        begun = GetOverlappedResult(pipe, operation, bytes, TRUE) ? ERROR_SUCCESS : GetLastError();
        if (is_late && begun == ERROR_OPERATION_ABORTED) {
            begun = WAIT_TIMEOUT;
        }
    }
    return begun == ERROR_SUCCESS ? SHIM_DONE : shim_win32(call, begun);
}

static struct shim_error write_message(HANDLE pipe, const void *message, DWORD length, int64_t deadline)
{
    OVERLAPPED operation = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    if (operation.hEvent == NULL) {
        return shim_last_error("CreateEventW");
    }
    DWORD written = 0;
    DWORD begun = WriteFile(pipe, message, length, &written, &operation) ? ERROR_SUCCESS : GetLastError();
    struct shim_error error = finish(pipe, &operation, begun, "WriteFile", deadline, &written);
    CloseHandle(operation.hEvent);
    return error;
}

/* A part of a message, or all that is left of it. `win32` of the error is ERROR_MORE_DATA when more of it is to come. */
static struct shim_error read_part(HANDLE pipe, void *buffer, DWORD capacity, int64_t deadline, DWORD *read)
{
    OVERLAPPED operation = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    if (operation.hEvent == NULL) {
        return shim_last_error("CreateEventW");
    }
    *read = 0;
    DWORD begun = ReadFile(pipe, buffer, capacity, read, &operation) ? ERROR_SUCCESS : GetLastError();
    if (begun == ERROR_MORE_DATA) {
        GetOverlappedResult(pipe, &operation, read, FALSE);
    }
    struct shim_error error = finish(pipe, &operation, begun, "ReadFile", deadline, read);
    CloseHandle(operation.hEvent);
    return error;
}

static struct shim_error drain(HANDLE pipe, int64_t deadline)
{
    uint8_t dropped[DRAIN_BYTES];
    struct shim_error error;
    do {
        DWORD bytes;
        error = read_part(pipe, dropped, sizeof dropped, deadline, &bytes);
    } while (error.win32 == ERROR_MORE_DATA);
    return error;
}

/*
 * Receives one frame. With capacity 0 the payload is not wanted and dropped; otherwise EMSGSIZE if it does not fit. ECONNRESET: the handler closed
 * the connection.
 */
struct shim_error shim_receive(HANDLE pipe, struct ch_frame_header *header, void *buffer, uint32_t capacity, int64_t deadline)
{
    DWORD bytes;
    struct shim_error error = read_part(pipe, header, sizeof *header, deadline, &bytes);
    bool has_payload = error.win32 == ERROR_MORE_DATA;
    if (error.number != 0 && !has_payload) {
        return error;
    }
    if (bytes < sizeof *header || header->magic != CH_FRAME_MAGIC || header->length > CH_MAX_PAYLOAD_BYTES || has_payload != (header->length > 0)) {
        return SHIM_FAILED(SHIM_EBADMSG, "what came is no frame");
    }
    if (!has_payload) {
        return SHIM_DONE;
    }
    if (capacity == 0) {
        return drain(pipe, deadline);
    }
    bool fits = header->length <= capacity;
    error = read_part(pipe, buffer, fits ? header->length : capacity, deadline, &bytes);
    if (error.win32 == ERROR_MORE_DATA) {
        error = drain(pipe, deadline);
        return error.number != 0 ? error : fits ? SHIM_FAILED(SHIM_EBADMSG, "the frame is longer than it says") : SHIM_FAILED(SHIM_EMSGSIZE, "the frame does not fit the buffer");
    }
    return error.number != 0 || bytes == header->length ? error : SHIM_FAILED(SHIM_EBADMSG, "the frame is shorter than it says");
}

/* Lays a message out: the handle, if any, then the frame. Returns its length. */
static DWORD compose(uint8_t *message, uint16_t type, uint32_t request, const void *payload, uint32_t length, HANDLE handle)
{
    struct ch_frame_header header = { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, type, length, request };
    uint32_t count = handle != NULL;
    uint64_t value = (uintptr_t)handle;
    uint8_t *next = message;
    memcpy(next, &count, CH_WINDOWS_COUNT_BYTES);
    next += CH_WINDOWS_COUNT_BYTES;
    if (count > 0) {
        memcpy(next, &value, CH_WINDOWS_HANDLE_BYTES);
        next += CH_WINDOWS_HANDLE_BYTES;
    }
    memcpy(next, &header, sizeof header);
    next += sizeof header;
    if (length > 0) {
        memcpy(next, payload, length);
    }
    return (DWORD)(next - message) + length;
}

/* Sends one frame of at most SHIM_SMALL_PAYLOAD; handle NULL: none. */
struct shim_error shim_send(HANDLE pipe, uint16_t type, uint32_t request, const void *payload, uint32_t length, HANDLE handle, int64_t deadline)
{
    uint8_t message[PREFIX_BYTES + sizeof(struct ch_frame_header) + SHIM_SMALL_PAYLOAD];
    if (length > SHIM_SMALL_PAYLOAD) {
        return SHIM_FAILED(SHIM_EMSGSIZE, "the frame is too long");
    }
    return write_message(pipe, message, compose(message, type, request, payload, length, handle), deadline);
}

/* The same for the longest frame. Not for the crash path, and for one thread at a time. */
struct shim_error shim_send_large(HANDLE pipe, uint16_t type, uint32_t request, const void *payload, uint32_t length, HANDLE handle, int64_t deadline)
{
    static uint8_t message[PREFIX_BYTES + sizeof(struct ch_frame_header) + CH_MAX_PAYLOAD_BYTES];
    if (length > CH_MAX_PAYLOAD_BYTES) {
        return SHIM_FAILED(SHIM_EMSGSIZE, "the frame is too long");
    }
    return write_message(pipe, message, compose(message, type, request, payload, length, handle), deadline);
}

/* Every instance of the pipe may be taken for a moment: the handler makes the next one. */
static struct shim_error open_pipe(const WCHAR *address, int64_t deadline, HANDLE *pipe)
{
    for (;;) {
        /* The server may know who we are, and may not act in our name. */
        *pipe = CreateFileW(address, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (*pipe != INVALID_HANDLE_VALUE) {
            return SHIM_DONE;
        }
        struct shim_error error = shim_last_error("CreateFileW");
        *pipe = NULL;
        if (error.win32 != ERROR_PIPE_BUSY || shim_left(deadline) == 0) {
            return error;
        }
        if (!WaitNamedPipeW(address, shim_left(deadline))) {
            Sleep(1); /* gone, or taken by another one: the next round says which */
        }
    }
}

/*
 * On a crash connection the block comes with the Hello: the handler may be another one than this process registered with, and the report is to have
 * its parameters all the same.
 */
static struct shim_error greet(HANDLE pipe, uint16_t role, struct shim_welcome *welcome, int64_t deadline)
{
    struct ch_hello hello = { .role = role, .hooks = shim_hooks(), .pid = (int32_t)GetCurrentProcessId(), .tid = (int32_t)GetCurrentThreadId() };
    HANDLE block = role == CH_ROLE_CRASH ? shim_block_handle() : NULL;
    struct ch_frame_header header;
    struct shim_error error = shim_send(pipe, CH_FRAME_HELLO, 0, &hello, sizeof hello, block, deadline);
    error = error.number != 0 ? error : shim_receive(pipe, &header, welcome->buffer, welcome->capacity, deadline);
    if (error.number != 0) {
        return error;
    }
    welcome->type = header.type;
    welcome->length = header.length;
    return header.type == CH_FRAME_WELCOME ? SHIM_DONE : SHIM_FAILED(SHIM_EPROTO, "the handler refused");
}

/* A new connection of the given role, greeted and welcomed. EPROTO: refused, the Refusal's payload is in `welcome`. */
static struct shim_error open_connection(const WCHAR *address, uint16_t role, struct shim_welcome *welcome, int64_t deadline, HANDLE *pipe, DWORD *server)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    struct shim_error error = open_pipe(address, deadline, pipe);
    if (error.number != 0) {
        return error;
    }
    error = shim_check_server(*pipe, server);
    if (error.number == 0 && !SetNamedPipeHandleState(*pipe, &mode, NULL, NULL)) {
        error = shim_last_error("SetNamedPipeHandleState");
    }
    error = error.number != 0 ? error : greet(*pipe, role, welcome, deadline);
    if (error.number != 0) {
        CloseHandle(*pipe);
        *pipe = NULL;
    }
    return error;
}

static void close(HANDLE handle)
{
    if (handle != NULL) {
        CloseHandle(handle);
    }
}

/* What the caller wanted of the Welcome, or of the Refusal. */
static bool hand_over(const struct shim_welcome *received, struct shim_welcome *welcome)
{
    bool fits = received->length <= welcome->capacity;
    uint32_t held = fits ? received->length : welcome->capacity;
    welcome->type = received->type;
    welcome->length = received->length;
    if (held > 0) {
        memcpy(welcome->buffer, received->buffer, held);
    }
    return fits || welcome->capacity == 0;
}

static volatile LONG reporting; /* a report uses the connections */
static volatile LONG replacing; /* the thread that replaces them, 0: none */

/* On the crash path: the connections stay what they are from now on, however often the handler is restarted meanwhile. */
void shim_hold_connections(void)
{
    InterlockedExchange(&reporting, 1);
    int64_t deadline = shim_deadline(SHIM_REPLACE_LIMIT_MS);
    for (;;) {
        LONG other = InterlockedCompareExchange(&replacing, 0, 0);
        if (other == 0 || other == (LONG)GetCurrentThreadId() || shim_left(deadline) == 0) {
            return;
        }
        Sleep(1);
    }
}

static bool begin_replacing(void)
{
    InterlockedExchange(&replacing, (LONG)GetCurrentThreadId());
    bool allowed = InterlockedCompareExchange(&reporting, 0, 0) == 0;
    if (!allowed) {
        InterlockedExchange(&replacing, 0);
    }
    return allowed;
}

/* A handler that may not be waited for is watched by its pipe alone. */
static HANDLE open_handler(DWORD pid)
{
    return OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
}

/* Another machine's pipe, or a file, is nothing to speak to: the name may come from the environment. */
static bool is_local_pipe(const WCHAR *address)
{
    int length = lstrlenW(LOCAL_PIPE);
    return lstrlenW(address) > length && CompareStringOrdinal(address, length, LOCAL_PIPE, length, TRUE) == CSTR_EQUAL;
}

/* Replaces both connections; on failure the earlier ones stay. EBUSY: this process is being reported. One caller at a time. */
struct shim_error shim_connect_both(const WCHAR *address, struct shim_welcome *welcome)
{
    static uint8_t payload[CH_MAX_PAYLOAD_BYTES];
    struct shim_welcome received = { .buffer = payload, .capacity = sizeof payload }, ignored = { 0 };
    struct shim_connections made = { 0 };
    if (!is_local_pipe(address)) {
        return SHIM_FAILED(SHIM_ENOENT, "that is no pipe of this machine");
    }
    if (lstrlenW(address) >= (int)SHIM_ADDRESS_CHARS) {
        return SHIM_FAILED(SHIM_ENAMETOOLONG, "a pipe's name has at most 255 characters");
    }
    lstrcpyW(made.address, address);
    struct shim_error error = open_connection(address, CH_ROLE_CONTROL, &received, shim_deadline(CH_ANSWER_LIMIT_MS), &made.control, &made.handler);
    bool fits = hand_over(&received, welcome);
    if (error.number != 0) {
        return error;
    }
    error = !fits ? SHIM_FAILED(SHIM_EMSGSIZE, "the Welcome does not fit the buffer")
                  : open_connection(address, CH_ROLE_CRASH, &ignored, shim_deadline(CH_ANSWER_LIMIT_MS), &made.crash, &made.handler);
    made.replaced = error.number == 0 ? CreateEventW(NULL, TRUE, FALSE, NULL) : NULL;
    if (error.number == 0 && made.replaced == NULL) {
        error = shim_last_error("CreateEventW");
        close(made.crash);
    } else if (error.number == 0 && !begin_replacing()) {
        error = SHIM_FAILED(SHIM_EBUSY, "this process is being reported");
        close(made.crash);
        close(made.replaced);
    }
    if (error.number != 0) {
        close(made.control);
        return error;
    }
    made.process = open_handler(made.handler);
    AcquireSRWLockExclusive(&shim_watch_lock);
    struct shim_connections old = shim_connections;
    shim_connections = made;
    ReleaseSRWLockExclusive(&shim_watch_lock);
    shim_last_resort_prepare(&received, address, made.process);
    InterlockedExchange(&replacing, 0);
    if (old.replaced != NULL) {
        SetEvent(old.replaced);
    }
    close(old.control);
    close(old.crash);
    close(old.process);
    close(old.replaced);
    return SHIM_DONE;
}

/* On the crash path: a fresh crash connection, to whoever serves the address now. */
struct shim_error shim_reconnect_crash(const WCHAR *address, int64_t deadline)
{
    struct shim_welcome ignored = { 0 };
    if (address[0] == L'\0') {
        return SHIM_FAILED(SHIM_ENOTCONN, "there was no handler yet");
    }
    close(shim_connections.crash);
    shim_connections.crash = NULL;
    return open_connection(address, CH_ROLE_CRASH, &ignored, deadline, &shim_connections.crash, &shim_connections.handler);
}
