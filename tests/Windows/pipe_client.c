/*
 * A client of the handler that says over its pipe exactly what it is told to, sense or nonsense, and prints what comes back: one word for each answer.
 * For tests of the handler on Windows, and under Wine. Usage: pipe_client SCENARIO ADDRESS [ARGUMENT...]; see main.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "../../protocol/crash_handler_protocol.h"

#define ANSWER_LIMIT_MS 8000 /* above every answer's own limit, and a handler's at its start */
#define PREFIX_BYTES 28      /* u32 count, and three handles */
#define NOTICE_BYTES 128

struct message {
    unsigned char bytes[PREFIX_BYTES + sizeof(struct ch_frame_header) + CH_MAX_PAYLOAD_BYTES];
    DWORD length;
};

static struct message s_out, s_in;

static int fail(const char *what)
{
    printf("%s: error %lu\n", what, GetLastError());
    fflush(stdout);
    ExitProcess(9);
}

static HANDLE connect_to(const char *address)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        HANDLE pipe = CreateFileA(address, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (pipe != INVALID_HANDLE_VALUE) {
            DWORD mode = PIPE_READMODE_MESSAGE;
            if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
                fail("SetNamedPipeHandleState");
            return pipe;
        }
        if (GetLastError() != ERROR_PIPE_BUSY)
            fail("connect");
        WaitNamedPipeA(address, ANSWER_LIMIT_MS);
    }
    fail("connect");
    return NULL;
}

/* Waits for what was begun; -1: it took too long, else the Win32 error. */
static int await(HANDLE pipe, OVERLAPPED *operation, BOOL begun, DWORD *count)
{
    int error = begun ? 0 : (int)GetLastError();
    if (error == 0 || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA) {
        if (WaitForSingleObject(operation->hEvent, ANSWER_LIMIT_MS) != WAIT_OBJECT_0) {
            CancelIoEx(pipe, operation);
            GetOverlappedResult(pipe, operation, count, TRUE);
            error = -1;
        } else {
            error = GetOverlappedResult(pipe, operation, count, FALSE) ? 0 : (int)GetLastError();
        }
    }
    CloseHandle(operation->hEvent);
    return error;
}

/* Whether it was taken. */
static int write_raw(HANDLE pipe, const void *bytes, DWORD length)
{
    OVERLAPPED operation = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD count;
    int error = await(pipe, &operation, WriteFile(pipe, bytes, length, NULL, &operation), &count);
    if (error != 0)
        printf("(write: %d) ", error);
    return error == 0;
}

static int send_frame(HANDLE pipe, int type, const void *payload, DWORD length, int handles, const HANDLE *values)
{
    unsigned char *at = s_out.bytes;
    uint32_t count = (uint32_t)handles;
    memcpy(at, &count, sizeof count);
    at += sizeof count;
    for (int i = 0; i < handles; i++, at += sizeof(uint64_t)) {
        uint64_t value = (uint64_t)(uintptr_t)values[i];
        memcpy(at, &value, sizeof value);
    }
    struct ch_frame_header header = {CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, (uint16_t)type, length, 7};
    memcpy(at, &header, sizeof header);
    memcpy(at + sizeof header, payload, length);
    return write_raw(pipe, s_out.bytes, (DWORD)(at + sizeof header + length - s_out.bytes));
}

/* The next frame's type; 0: the connection has ended, -1: nothing came. */
static int receive(HANDLE pipe, struct ch_frame_header *header)
{
    OVERLAPPED operation = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    int error = await(pipe, &operation, ReadFile(pipe, s_in.bytes, sizeof s_in.bytes - 1, NULL, &operation), &s_in.length);
    if (error != 0)
        return error == -1 ? -1 : 0;
    s_in.bytes[s_in.length] = 0;
    memcpy(header, s_in.bytes, sizeof *header);
    return header->type;
}

/* Prints the next frame; its type. */
static int print_answer(HANDLE pipe)
{
    struct ch_frame_header header;
    int type = receive(pipe, &header);
    const char *text = (const char *)s_in.bytes + sizeof header;
    switch (type) {
    case -1: printf("silence\n"); break;
    case 0: printf("end\n"); break;
    case CH_FRAME_WELCOME: {
        struct ch_welcome welcome;
        memcpy(&welcome, text, sizeof welcome);
        printf("Welcome of %d: %.*s\n", welcome.handler_pid, welcome.database_length, text + sizeof welcome);
        break;
    }
    case CH_FRAME_REFUSAL: printf("Refusal %d: %s\n", text[0], text + 2); break;
    case CH_FRAME_FAILED: printf("Failed: %s\n", text); break;
    case CH_FRAME_DONE: printf("Done\n"); break;
    case CH_FRAME_RELEASE: printf("Release %u\n", *(const uint32_t *)text); break;
    default: printf("%d with %u bytes\n", type, header.length); break;
    }
    fflush(stdout);
    return type;
}

static HANDLE hello(const char *address, int role, HANDLE block)
{
    HANDLE pipe = connect_to(address);
    struct ch_hello payload = {.role = (uint16_t)role, .hooks = CH_HOOK_STAGE2, .pid = (int32_t)GetCurrentProcessId(), .tid = (int32_t)GetCurrentThreadId()};
    send_frame(pipe, CH_FRAME_HELLO, &payload, sizeof payload, block != NULL, &block);
    print_answer(pipe);
    return pipe;
}

static unsigned char *put(unsigned char *at, int kind, const char *key, const char *value)
{
    size_t key_length = strlen(key), value_length = strlen(value);
    uint16_t head[2] = {(uint16_t)kind, (uint16_t)key_length};
    uint32_t length = (uint32_t)value_length;
    memcpy(at, head, sizeof head);
    memcpy(at + 4, &length, sizeof length);
    memcpy(at + 8, key, key_length);
    memcpy(at + 8 + key_length, value, value_length);
    return at + ((8 + key_length + value_length + 3) & ~(size_t)3);
}

static HANDLE block_of(const char *process_type)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, CH_BLOCK_BYTES, NULL);
    unsigned char *view = section != NULL ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, CH_BLOCK_BYTES) : NULL;
    if (view == NULL)
        fail("block");
    unsigned char *records = view + CH_BLOCK_COPY0 + 8, *end = put(records, 1, "process_type", process_type);
    end = put(end, 1, "_productName", "pipe_client");
    end = put(end, 2, "extra", "value");
    uint32_t copy[2] = {(uint32_t)(end - records), 3};
    memcpy(view + CH_BLOCK_COPY0, copy, sizeof copy);
    struct ch_block_header header = {.magic = CH_BLOCK_MAGIC, .version = 1, .header_size = CH_BLOCK_HEADER_BYTES, .capacity = CH_BLOCK_CAPACITY, .current = 2};
    memcpy(view, &header, sizeof header);
    return section;
}

static void do_register(HANDLE pipe, HANDLE block)
{
    struct ch_register payload = {.hooks = CH_HOOK_STAGE2};
    send_frame(pipe, CH_FRAME_REGISTER, &payload, sizeof payload, 1, &block);
    print_answer(pipe);
}

/* Registers, stays for a while, and ends with a code: by ExitProcess, or with KILL as the fourth argument as the victim of TerminateProcess. */
static void scenario_stay(const char *address, int milliseconds, unsigned code, int is_killed)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    do_register(pipe, block_of("tester"));
    Sleep((DWORD)milliseconds);
    if (is_killed)
        TerminateProcess(GetCurrentProcess(), code);
    ExitProcess(code);
}

/* Registers, closes its connections, goes on, and ends with a code. */
static void scenario_leave(const char *address, int milliseconds, unsigned code)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    do_register(pipe, block_of("tester"));
    CloseHandle(pipe);
    Sleep((DWORD)milliseconds);
    ExitProcess(code);
}

static void nonsense(const char *address, const char *what, const void *bytes, DWORD length)
{
    HANDLE pipe = connect_to(address);
    printf("%s: ", what);
    write_raw(pipe, bytes, length);
    while (print_answer(pipe) > 0) {
    }
    CloseHandle(pipe);
}

static void scenario_nonsense(const char *address)
{
    static unsigned char bytes[300000];
    nonsense(address, "empty message", bytes, 0);
    nonsense(address, "three bytes", bytes, 3);
    nonsense(address, "no frame", bytes, 4);
    struct ch_frame_header header = {CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, CH_FRAME_HELLO, sizeof(struct ch_hello), 1};
    memcpy(bytes + 4, &header, sizeof header);
    nonsense(address, "half a header", bytes, 4 + 10);
    nonsense(address, "header alone", bytes, 4 + sizeof header);
    nonsense(address, "half a frame", bytes, 4 + sizeof header + 20);
    nonsense(address, "too long a frame", bytes, 4 + sizeof header + sizeof(struct ch_hello) + 1);
    nonsense(address, "300,000 bytes", bytes, sizeof bytes);
    header.magic = 0;
    memcpy(bytes + 4, &header, sizeof header);
    nonsense(address, "another magic", bytes, 4 + sizeof header + sizeof(struct ch_hello));
    header.magic = CH_FRAME_MAGIC;
    header.version = 99;
    memcpy(bytes + 4, &header, sizeof header);
    nonsense(address, "another version", bytes, 4 + sizeof header + sizeof(struct ch_hello));
    bytes[0] = 4;
    nonsense(address, "four handles", bytes, 4 + sizeof header + sizeof(struct ch_hello));
    bytes[0] = 3;
    nonsense(address, "fewer handles than it says", bytes, 20);
}

/* Connects and says nothing. */
static void scenario_silent(const char *address)
{
    HANDLE pipe = connect_to(address);
    while (print_answer(pipe) > 0) {
    }
}

static void bad_block(const char *address, const char *what, HANDLE block)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    printf("%s: ", what);
    do_register(pipe, block);
    CloseHandle(pipe);
}

static void scenario_blocks(const char *address)
{
    char name[MAX_PATH];
    GetModuleFileNameA(NULL, name, sizeof name);
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    bad_block(address, "no handle", (HANDLE)(uintptr_t)0x12340);
    bad_block(address, "this process", GetCurrentProcess());
    bad_block(address, "an event", CreateEventA(NULL, TRUE, FALSE, NULL));
    bad_block(address, "a file", file);
    bad_block(address, "a short section", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL));
    bad_block(address, "a section of nothing", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, CH_BLOCK_BYTES, NULL));
    bad_block(address, "a section of zeros", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, CH_BLOCK_BYTES, NULL));
}

static void request(HANDLE pipe, const char *what, int type, const void *payload, DWORD length)
{
    printf("%s: ", what);
    send_frame(pipe, type, payload, length, 0, NULL);
    print_answer(pipe);
}

static void scenario_requests(const char *address)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    do_register(pipe, block_of("tester"));
    unsigned char off = 0, on = 1, capture[] = {1, 0, 0, 0, 0, 0, 0, 0, 'w', 'h', 'y'};
    uint32_t passed = 0;
    request(pipe, "GetUploads", CH_FRAME_GET_UPLOADS, "", 0);
    request(pipe, "SetUploads", CH_FRAME_SET_UPLOADS, &off, 1);
    request(pipe, "SetUploads", CH_FRAME_SET_UPLOADS, &on, 1);
    request(pipe, "ListUploaded", CH_FRAME_LIST_UPLOADED, &passed, sizeof passed);
    request(pipe, "GetLastRun", CH_FRAME_GET_LAST_RUN, "", 0);
    request(pipe, "Note", CH_FRAME_NOTE, "a note", 6);
    request(pipe, "SubmitPending", CH_FRAME_SUBMIT_PENDING, "", 0);
    request(pipe, "CaptureReport", CH_FRAME_CAPTURE_REPORT, capture, sizeof capture);
    request(pipe, "no request", CH_FRAME_HANDED_OVER, "", 0);
    print_answer(pipe);
}

/* Tells of its death, and prints the dialogue. */
static void scenario_crash(const char *address)
{
    HANDLE pipe = hello(address, CH_ROLE_CRASH, block_of("tester"));
    unsigned char notice[NOTICE_BYTES] = {NOTICE_BYTES};
    int32_t ids[2] = {(int32_t)GetCurrentProcessId(), (int32_t)GetCurrentThreadId()};
    uint32_t code = 0xC0000005u;
    memcpy(notice + 8, ids, sizeof ids);
    memcpy(notice + 16, &code, sizeof code);
    send_frame(pipe, CH_FRAME_NOTICE, notice, sizeof notice, 0, NULL);
    int type;
    do {
        type = print_answer(pipe);
    } while (type > 0 && type != CH_FRAME_RELEASE);
    TerminateProcess(GetCurrentProcess(), code);
}

/* Asks for the status again and again without reading what comes. */
static void scenario_deaf(const char *address, int requests)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    while (requests-- > 0 && send_frame(pipe, CH_FRAME_GET_STATUS, "", 0, 0, NULL)) {
    }
    int answers = 0, type;
    struct ch_frame_header header;
    while ((type = receive(pipe, &header)) > 0)
        answers++;
    printf("%d answers, then %s\n", answers, type == 0 ? "end" : "silence");
}

/* Connections of this process at once, each with its Welcome; held for a while. */
static void scenario_many(const char *address, int connections, int milliseconds)
{
    int welcomed = 0;
    struct ch_frame_header header;
    for (int i = 0; i < connections; i++) {
        HANDLE pipe = connect_to(address);
        struct ch_hello payload = {.role = CH_ROLE_CONTROL};
        send_frame(pipe, CH_FRAME_HELLO, &payload, sizeof payload, 0, NULL);
        welcomed += receive(pipe, &header) == CH_FRAME_WELCOME;
    }
    printf("%d of %d welcomed\n", welcomed, connections);
    fflush(stdout);
    Sleep((DWORD)milliseconds);
}

/* The same in several processes. */
static void scenario_crowd(const char *address, int processes, int connections, int milliseconds)
{
    char self[MAX_PATH], command[2 * MAX_PATH];
    GetModuleFileNameA(NULL, self, sizeof self);
    HANDLE *started = calloc((size_t)processes, sizeof *started);
    for (int i = 0; i < processes; i++) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION process;
        snprintf(command, sizeof command, "\"%s\" many %s %d %d", self, address, connections, milliseconds);
        if (!CreateProcessA(self, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
            fail("CreateProcess");
        started[i] = process.hProcess;
    }
    for (int i = 0; i < processes; i++)
        WaitForSingleObject(started[i], INFINITE);
}

/* Follows its handler: connects, waits for its end, and connects again as soon as there is another one. */
static void scenario_follow(const char *address)
{
    HANDLE pipe = hello(address, CH_ROLE_CONTROL, NULL);
    struct ch_frame_header header;
    int type;
    while ((type = receive(pipe, &header)) == -1) {
    }
    printf("%s\n", type == 0 ? "the handler is gone" : "a frame that nobody asked for");
    fflush(stdout);
    CloseHandle(pipe);
    while (!WaitNamedPipeA(address, ANSWER_LIMIT_MS))
        Sleep(50);
    do_register(hello(address, CH_ROLE_CONTROL, NULL), block_of("tester"));
}

/* Connects and goes at once, again and again; every other time it says a Hello that it does not wait for. */
static void scenario_hasty(const char *address, int times)
{
    struct ch_hello payload = {.role = CH_ROLE_CRASH};
    for (int i = 0; i < times; i++) {
        HANDLE pipe = connect_to(address);
        if (i % 2 != 0)
            send_frame(pipe, CH_FRAME_HELLO, &payload, sizeof payload, 0, NULL);
        CloseHandle(pipe);
    }
}

static int number(int count, char **values, int index, int otherwise) { return index < count ? (int)strtoul(values[index], NULL, 0) : otherwise; }

int main(int count, char **values)
{
    if (count < 3)
        return 2;
    const char *scenario = values[1], *address = values[2];
    if (strcmp(scenario, "stay") == 0)
        scenario_stay(address, number(count, values, 3, 0), (unsigned)number(count, values, 4, 0), number(count, values, 5, 0));
    else if (strcmp(scenario, "leave") == 0)
        scenario_leave(address, number(count, values, 3, 0), (unsigned)number(count, values, 4, 0));
    else if (strcmp(scenario, "nonsense") == 0)
        scenario_nonsense(address);
    else if (strcmp(scenario, "silent") == 0)
        scenario_silent(address);
    else if (strcmp(scenario, "blocks") == 0)
        scenario_blocks(address);
    else if (strcmp(scenario, "requests") == 0)
        scenario_requests(address);
    else if (strcmp(scenario, "crash") == 0)
        scenario_crash(address);
    else if (strcmp(scenario, "deaf") == 0)
        scenario_deaf(address, number(count, values, 3, 1000));
    else if (strcmp(scenario, "many") == 0)
        scenario_many(address, number(count, values, 3, 8), number(count, values, 4, 0));
    else if (strcmp(scenario, "crowd") == 0)
        scenario_crowd(address, number(count, values, 3, 25), number(count, values, 4, 8), number(count, values, 5, 3000));
    else if (strcmp(scenario, "hasty") == 0)
        scenario_hasty(address, number(count, values, 3, 500));
    else if (strcmp(scenario, "follow") == 0)
        scenario_follow(address);
    else
        return 2;
    return 0;
}
