/*
 * When no handler answers the process that dies, it starts one: the one that welcomed it, with the database and the URL that it had, at an address of its own: a handler that is stopped still
 * has its. What that needs is prepared at the welcome. CreateProcess allocates, and so may wait for ever for a heap that is broken: a thread of its own does it.
 */
#include "shim.h"

/* Characters of a path. */
#define PATH_CHARS 1024u
#define STARTER_STACK_BYTES 262144u
#define MAX_PID_CHARS 11u

/* Written in ordinary code only; a crash in the middle of that finds `armed` 0. */
static volatile LONG armed;
static WCHAR path[PATH_CHARS];
static WCHAR own_address[SHIM_ADDRESS_CHARS + MAX_PID_CHARS];
static WCHAR *command;

/* The handler's, with the pid of this process behind it. */
static void fill_own_address(const WCHAR *address)
{
    char digits[MAX_PID_CHARS + 1] = "-";
    shim_append_number(digits, sizeof digits, GetCurrentProcessId());
    lstrcpyW(own_address, address);
    WCHAR *end = own_address + lstrlenW(own_address);
    for (size_t i = 0; i <= strlen(digits); i++) {
        end[i] = (WCHAR)digits[i];
    }
}

static WCHAR *wide_of(const char *text, size_t length)
{
    char *copy = shim_allocate(length + 1);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, text, length);
    WCHAR *wide = shim_wide(copy);
    shim_free(copy);
    return wide;
}

/* Not for the crash path. Without a handler whose program can be seen there is no last resort. */
void shim_last_resort_prepare(const struct shim_welcome *welcome, const WCHAR *address, HANDLE handler)
{
    const struct ch_welcome *fields = welcome->buffer;
    const char *strings = (const char *)(fields + 1);
    DWORD chars = PATH_CHARS;
    InterlockedExchange(&armed, 0);
    if (handler == NULL || welcome->length < sizeof *fields + fields->database_length + fields->url_length
        || !QueryFullProcessImageNameW(handler, 0, path, &chars)) {
        return;
    }
    WCHAR *database = wide_of(strings, fields->database_length);
    WCHAR *url = wide_of(strings + fields->database_length, fields->url_length);
    shim_free(command);
    command = NULL;
    if (database != NULL && url != NULL) {
        fill_own_address(address);
        const WCHAR *arguments[] = { path, L"run", L"--database", database, L"--pipe", own_address, url[0] != L'\0' ? L"--url" : NULL, url, NULL };
        command = shim_command_line(arguments);
    }
    shim_free(database);
    shim_free(url);
    InterlockedExchange(&armed, command != NULL);
}

static DWORD WINAPI start(void *unused)
{
    (void)unused;
    return (DWORD)shim_create_handler(path, command, NULL).number;
}

/* True: a handler of ours answers, and the crash connection is its. */
bool shim_last_resort_start(int64_t deadline)
{
    if (!armed) {
        return false;
    }
    HANDLE starter = CreateThread(NULL, STARTER_STACK_BYTES, start, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (starter == NULL) {
        return false;
    }
    bool is_started = false;
    while (!is_started && shim_left(deadline) > 0) {
        Sleep(SHIM_WAIT_STEP_MS);
        is_started = shim_reconnect_crash(own_address, deadline).number == 0;
    }
    CloseHandle(starter);
    return is_started;
}
