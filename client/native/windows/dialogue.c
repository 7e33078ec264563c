/*
 * One report: the notice, and the wait for its release. On the crash path: no allocation, no lock (but connection.c's limit), no C library but ntdll's
 * memcpy. One thread reports; the notice is static because there is only one.
 */
#include "shim.h"

/* Bytes of stack of the thread that speaks for one whose stack is used up. */
#define SPOKESMAN_STACK_BYTES 65536u
/* Milliseconds that it has to begin. It never does where another thread, or the overflowing one, holds the loader's lock. */
#define SPOKESMAN_BEGIN_LIMIT_MS 1000
#define FILETIME_OF_UNIX_EPOCH 116444736000000000LL
#define NANOSECONDS_OF_FILETIME 100

uint32_t shim_options;
uint32_t shim_hold_ms;

static volatile LONG reporter; /* tid of the thread that reports; 0: nobody */
static volatile LONG is_spoken_for; /* the report of a stack overflow is begun, by the spokesman or without it */
static volatile LONG reported; /* its report is over */
static struct ch_windows_notice notice;

/* The thread that reports, or did; 0: none. */
LONG shim_reporter(void)
{
    return InterlockedCompareExchange(&reporter, 0, 0);
}

static int64_t dialogue_deadline(void)
{
    return shim_deadline(CH_WINDOWS_DIALOGUE_LIMIT_MS + (int64_t)shim_hold_ms);
}

static int64_t within(int64_t limit, int64_t milliseconds)
{
    int64_t deadline = shim_deadline(milliseconds);
    return deadline < limit ? deadline : limit;
}

static int64_t unix_nanoseconds(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    int64_t ticks = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    return (ticks - FILETIME_OF_UNIX_EPOCH) * NANOSECONDS_OF_FILETIME;
}

static void fill_notice(const struct shim_evidence *evidence)
{
    const EXCEPTION_RECORD *record = evidence->pointers->ExceptionRecord;
    memset(&notice, 0, sizeof notice);
    notice.size = sizeof notice;
    notice.flags = evidence->flags | (shim_hooks() & CH_HOOK_DOTNET ? CH_NOTICE_DOTNET : 0);
    notice.pid = (int32_t)GetCurrentProcessId();
    notice.tid = (int32_t)(evidence->tid != 0 ? evidence->tid : GetCurrentThreadId());
    notice.exception_code = record->ExceptionCode;
    notice.exception_flags = record->ExceptionFlags;
    notice.exception_address = (uintptr_t)record->ExceptionAddress;
    notice.pointers_address = (uintptr_t)evidence->pointers;
    notice.time = unix_nanoseconds();
    for (uint32_t i = 0; i < record->NumberParameters && i < CH_WINDOWS_MAX_PARAMETERS; i++) {
        notice.parameters[i] = record->ExceptionInformation[i];
        notice.parameter_count = i + 1;
    }
}

/* Reads frames until `wanted` comes. Each other one is a sign of life, and allows as much again for the next. */
static bool await(uint16_t wanted, int64_t patience_ms, int64_t limit)
{
    for (;;) {
        struct ch_frame_header header;
        struct shim_error error = shim_receive(shim_connections.crash, &header, NULL, 0, within(limit, patience_ms));
        if (error.number != 0 || header.type == CH_FRAME_REFUSAL) {
            return false;
        }
        if (header.type == wanted) {
            return true;
        }
    }
}

/* The whole dialogue on the crash connection as it is now. A handler that falls silent is left alone: another one may be asked, and what it suspended its guard lets go. */
static bool converse(int64_t taken_limit_ms, int64_t limit)
{
    return shim_connections.crash != NULL
        && shim_send(shim_connections.crash, CH_FRAME_NOTICE, 0, &notice, sizeof notice, NULL, within(limit, taken_limit_ms)).number == 0
        && await(CH_FRAME_TAKEN, taken_limit_ms, limit) && await(CH_FRAME_RELEASE, CH_SILENCE_LIMIT_MS, limit);
}

/* Whoever answers: the handler that welcomed this process, whoever serves its address now, or one that this process starts. */
static void report_to_anyone(void)
{
    int64_t limit = dialogue_deadline();
    if (converse(CH_TAKEN_LIMIT_MS, limit)
        || (shim_reconnect_crash(shim_connections.address, within(limit, CH_TAKEN_LIMIT_MS)).number == 0 && converse(CH_TAKEN_LIMIT_MS, limit))) {
        return;
    }
    if (shim_last_resort_start(within(limit, CH_ANSWER_LIMIT_MS))) {
        converse(CH_ANSWER_LIMIT_MS, limit);
    }
}

static bool claim_overflow(void)
{
    return InterlockedCompareExchange(&is_spoken_for, 1, 0) == 0;
}

static DWORD WINAPI speak(void *unused)
{
    (void)unused;
    if (claim_overflow()) {
        report_to_anyone();
    }
    return 0;
}

/* What is left of a stack that overflowed may be too little for the calls of a report: another thread makes them, or this one, if that does not begin. */
static void report_from_elsewhere(void)
{
    HANDLE thread = CreateThread(NULL, SPOKESMAN_STACK_BYTES, speak, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    int64_t begin_deadline = shim_deadline(SPOKESMAN_BEGIN_LIMIT_MS);
    while (thread != NULL && InterlockedCompareExchange(&is_spoken_for, 0, 0) == 0 && shim_left(begin_deadline) > 0) {
        Sleep(SHIM_WAIT_STEP_MS);
    }
    if (claim_overflow()) {
        report_to_anyone();
    } else {
        WaitForSingleObject(thread, shim_left(dialogue_deadline()));
    }
    if (thread != NULL) {
        CloseHandle(thread);
    }
}

static void wait_for_report(void)
{
    int64_t deadline = dialogue_deadline();
    while (InterlockedCompareExchange(&reported, 0, 0) == 0 && shim_left(deadline) > 0) {
        Sleep(SHIM_WAIT_STEP_MS);
    }
}

/* The first one of a process; others wait for its end, but for the thread that reports: its own second death is of the same cause. */
void shim_report(const struct shim_evidence *evidence)
{
    LONG self = (LONG)GetCurrentThreadId();
    LONG first = InterlockedCompareExchange(&reporter, self, 0);
    if (first != 0) {
        if (first != self) {
            wait_for_report();
        }
        return;
    }
    shim_hold_connections();
    fill_notice(evidence);
    if (notice.exception_code == (uint32_t)EXCEPTION_STACK_OVERFLOW) {
        report_from_elsewhere();
    } else {
        report_to_anyone();
    }
    InterlockedExchange(&reported, 1);
}

/* Reports the calling thread as it is, with this exception. */
__attribute__((noinline)) void shim_report_here(const EXCEPTION_RECORD *record, uint32_t flags)
{
    EXCEPTION_RECORD copy = *record;
    CONTEXT context;
    RtlCaptureContext(&context);
    if (copy.ExceptionAddress == NULL) {
        copy.ExceptionAddress = (void *)(uintptr_t)context.Rip;
    }
    EXCEPTION_POINTERS pointers = { &copy, &context };
    struct shim_evidence evidence = { &pointers, flags, 0 };
    shim_report(&evidence);
}

_Noreturn void shim_terminate(UINT code)
{
    for (;;) {
        TerminateProcess(GetCurrentProcess(), code);
    }
}
