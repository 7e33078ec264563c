/*
 * A small program without a runtime of its own, whose dump takes Wine no time, for handlers that are interrupted in the middle of it.
 * Usage: interrupted_victim die|demand ADDRESS. It registers with the handler at that pipe, says who it is, and dies of a fault, or asks for its report and goes on.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "../../client/native/crash_handler.h"
#include "../../protocol/crash_handler_protocol.h"

/* Never mapped; not 0, so that an exception's address 0 is no accident. */
#define UNMAPPED ((volatile int *)0x1230)
#define WRONG 9
#define WENT_ON 7

static DWORD WINAPI sleep_on(void *unused)
{
    (void)unused;
    return 0;
}

static int fail(const char *what, const struct crash_handler_result *result)
{
    printf("%s: %s\n", what, result->message);
    fflush(stdout);
    return WRONG;
}

/* What it has suspended itself is none of a handler's business: how often that thread is suspended in the end, 1 if all is well. */
static unsigned long own_suspensions(HANDLE sleeper)
{
    unsigned long before = SuspendThread(sleeper);
    ResumeThread(sleeper);
    return before;
}

static int demand(void)
{
    struct crash_handler_result result;
    struct {
        int32_t tid;
        uint32_t zero;
        char reason[4];
    } wish = { (int32_t)GetCurrentThreadId(), 0, { 't', 'e', 's', 't' } };
    uint8_t answer[CH_MAX_PAYLOAD_BYTES];
    uint32_t length;
    uint16_t type = 0;
    HANDLE sleeper = CreateThread(NULL, 0, sleep_on, NULL, CREATE_SUSPENDED, NULL);
    int error = crash_handler_request(CH_FRAME_CAPTURE_REPORT, &wish, sizeof wish, &type, answer, sizeof answer, &length, &result);
    printf("answered %d type %d, own thread suspended %lu\n", error != 0, type, own_suspensions(sleeper));
    fflush(stdout);
    return WENT_ON;
}

int main(int argc, char **argv)
{
    static uint8_t welcome[CH_MAX_PAYLOAD_BYTES];
    struct crash_handler_result result;
    uint32_t length;
    if (argc != 3) {
        return WRONG;
    }
    if (crash_handler_connect(argv[2], welcome, sizeof welcome, &length, &result) != 0) {
        return fail("connect", &result);
    }
    int32_t handler = result.handler_pid;
    if (crash_handler_install(&result) != 0) {
        return fail("install", &result);
    }
    if (crash_handler_register(0, 0, &result) != 0) {
        return fail("register", &result);
    }
    printf("pid %lu handler %d\n", GetCurrentProcessId(), handler);
    fflush(stdout);
    if (strcmp(argv[1], "demand") == 0) {
        return demand();
    }
    *UNMAPPED = 1;
    return WRONG;
}
