/* Starts the handler, on its own: no handle of this process's but the ready pipe's, no console, no job, none of its variables. Not for the crash path. */
#include "shim.h"

/* What the handler must not inherit: it would attach to itself, or be configured or watched as the application is. */
static const WCHAR *const dropped[] = { L"CRASH_HANDLER_", L"DOTNET_", L"COMPlus_", L"CORECLR_", L"COR_" };

/* CreateProcess takes no more. */
#define MAX_COMMAND_CHARS 32767u
#define MAX_NUMBER_CHARS 32u

static bool is_kept(const WCHAR *variable)
{
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        int length = lstrlenW(dropped[i]);
        if (CompareStringOrdinal(variable, length < lstrlenW(variable) ? length : lstrlenW(variable), dropped[i], length, TRUE) == CSTR_EQUAL) {
            return false;
        }
    }
    return true;
}

/* The block that CreateProcess takes: texts behind each other, the last one empty. */
static WCHAR *handlers_environment(void)
{
    WCHAR *own = GetEnvironmentStringsW();
    if (own == NULL) {
        return NULL;
    }
    size_t chars = 2;
    for (const WCHAR *variable = own; *variable != L'\0'; variable += lstrlenW(variable) + 1) {
        chars += (size_t)lstrlenW(variable) + 1;
    }
    WCHAR *block = shim_allocate(chars * sizeof *block);
    WCHAR *next = block;
    for (const WCHAR *variable = own; block != NULL && *variable != L'\0'; variable += lstrlenW(variable) + 1) {
        if (is_kept(variable)) {
            lstrcpyW(next, variable);
            next += lstrlenW(variable) + 1;
        }
    }
    FreeEnvironmentStringsW(own);
    return block;
}

struct command {
    WCHAR *text;
    size_t used;
    bool is_too_long;
};

static void add_char(struct command *command, WCHAR letter)
{
    if (command->used + 1 >= MAX_COMMAND_CHARS) {
        command->is_too_long = true;
        return;
    }
    command->text[command->used++] = letter;
    command->text[command->used] = L'\0';
}

/* As CommandLineToArgvW takes it apart: backslashes count only before a quote, where each is doubled and the quote escaped. */
static void add_argument(struct command *command, const WCHAR *argument)
{
    if (command->used > 0) {
        add_char(command, L' ');
    }
    add_char(command, L'"');
    for (const WCHAR *letter = argument;; letter++) {
        size_t backslashes = 0;
        for (; *letter == L'\\'; letter++) {
            backslashes++;
        }
        if (*letter == L'"' || *letter == L'\0') {
            backslashes *= 2;
        }
        for (; backslashes > 0; backslashes--) {
            add_char(command, L'\\');
        }
        if (*letter == L'\0') {
            break;
        }
        if (*letter == L'"') {
            add_char(command, L'\\');
        }
        add_char(command, *letter);
    }
    add_char(command, L'"');
}

/* The whole command line; free with shim_free. NULL: no memory, or too long. */
WCHAR *shim_command_line(const WCHAR *const *arguments)
{
    struct command command = { .text = shim_allocate(MAX_COMMAND_CHARS * sizeof(WCHAR)) };
    for (size_t i = 0; command.text != NULL && arguments[i] != NULL; i++) {
        add_argument(&command, arguments[i]);
    }
    if (command.is_too_long) {
        shim_free(command.text);
        return NULL;
    }
    return command.text;
}

/* Its own, so that the application's can be removed. */
static WCHAR *directory_of(const WCHAR *path)
{
    WCHAR *directory = shim_allocate(((size_t)lstrlenW(path) + 1) * sizeof *directory);
    WCHAR *end = directory;
    if (directory == NULL) {
        return NULL;
    }
    lstrcpyW(directory, path);
    for (WCHAR *letter = directory; *letter != L'\0'; letter++) {
        if (*letter == L'\\' || *letter == L'/') {
            end = letter + 1;
        }
    }
    *end = L'\0';
    return directory;
}

static struct shim_error create_process(const WCHAR *path, WCHAR *command, WCHAR *environment, const WCHAR *directory, STARTUPINFOEXW *startup)
{
    PROCESS_INFORMATION made;
    DWORD flags = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    /* The handler outlives a job that ends with the application; where the job lets nobody go, it stays in it. */
    BOOL done = CreateProcessW(path, command, NULL, NULL, TRUE, flags | CREATE_BREAKAWAY_FROM_JOB, environment, directory, &startup->StartupInfo, &made);
    if (!done && GetLastError() == ERROR_ACCESS_DENIED) {
        done = CreateProcessW(path, command, NULL, NULL, TRUE, flags, environment, directory, &startup->StartupInfo, &made);
    }
    if (!done) {
        return shim_last_error("CreateProcessW");
    }
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return SHIM_DONE;
}

/* `inherited`: the handles that the handler gets, and no others; the first one is its standard streams. */
static struct shim_error create_with_handles(const WCHAR *path, WCHAR *command, HANDLE *inherited, size_t count)
{
    STARTUPINFOEXW startup = { .StartupInfo = {
        .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = inherited[0], .hStdOutput = inherited[0], .hStdError = inherited[0] } };
    SIZE_T bytes = 0;
    struct shim_error error = SHIM_FAILED(SHIM_ENOMEM, "HeapAlloc");
    WCHAR *environment = handlers_environment();
    WCHAR *directory = directory_of(path);
    InitializeProcThreadAttributeList(NULL, 1, 0, &bytes);
    startup.lpAttributeList = shim_allocate(bytes);
    if (environment != NULL && directory != NULL && startup.lpAttributeList != NULL) {
        if (InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &bytes)) {
            error = UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited, count * sizeof *inherited, NULL, NULL)
                ? create_process(path, command, environment, *directory != L'\0' ? directory : NULL, &startup)
                : shim_last_error("UpdateProcThreadAttribute");
            DeleteProcThreadAttributeList(startup.lpAttributeList);
        } else {
            error = shim_last_error("InitializeProcThreadAttributeList");
        }
    }
    shim_free(startup.lpAttributeList);
    shim_free(directory);
    shim_free(environment);
    return error;
}

/* Starts the program with NUL as its standard streams, and with `ready` (NULL: none) as the one other handle of ours. */
struct shim_error shim_create_handler(const WCHAR *path, WCHAR *command, HANDLE ready)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    HANDLE nothing = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable, OPEN_EXISTING, 0, NULL);
    if (nothing == INVALID_HANDLE_VALUE) {
        return shim_last_error("CreateFileW of NUL");
    }
    HANDLE inherited[2] = { nothing, ready };
    struct shim_error error = create_with_handles(path, command, inherited, ready != NULL ? 2 : 1);
    CloseHandle(nothing);
    return error;
}

/* Reads up to the end of the line, of the pipe, of the buffer or of the time. An anonymous pipe has nothing to wait for but bytes. */
static struct shim_error read_line(HANDLE pipe, int64_t deadline, char *line, size_t capacity)
{
    size_t used = 0;
    for (;;) {
        DWORD there = 0, got = 0;
        bool is_open = PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL);
        if (is_open && there == 0) {
            if (shim_left(deadline) == 0) {
                return SHIM_FAILED(SHIM_ETIMEDOUT, "waiting for the ready line");
            }
            Sleep(SHIM_WAIT_STEP_MS);
            continue;
        }
        if (is_open && !ReadFile(pipe, line + used, (DWORD)(capacity - 1 - used), &got, NULL)) {
            return shim_last_error("ReadFile of the ready line");
        }
        used += got;
        line[used] = '\0';
        for (char *letter = line; *letter != '\0'; letter++) {
            if (*letter == '\n' || *letter == '\r') {
                *letter = '\0';
                return SHIM_DONE;
            }
        }
        if (!is_open || used == capacity - 1) {
            return used > 0 ? SHIM_DONE : SHIM_FAILED(SHIM_ECHILD, "waiting for the ready line");
        }
    }
}

static void write_number(WCHAR *text, uint64_t number)
{
    char digits[MAX_NUMBER_CHARS] = "";
    shim_append_number(digits, sizeof digits, number);
    for (size_t i = 0; i <= strlen(digits); i++) {
        text[i] = (WCHAR)digits[i];
    }
}

/* argv in UTF-16 with --ready-fd and its handle behind it. NULL: no memory, or too long. */
static WCHAR *command_of(const char *const *argv, HANDLE ready)
{
    WCHAR number[MAX_NUMBER_CHARS];
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    WCHAR **arguments = shim_allocate((count + 3) * sizeof *arguments);
    if (arguments == NULL) {
        return NULL;
    }
    bool is_whole = true;
    for (size_t i = 0; i < count && is_whole; i++) {
        arguments[i] = shim_wide(argv[i]);
        is_whole = arguments[i] != NULL;
    }
    write_number(number, (uintptr_t)ready);
    if (is_whole) {
        arguments[count] = L"--ready-fd";
        arguments[count + 1] = number;
    }
    WCHAR *command = is_whole ? shim_command_line((const WCHAR *const *)arguments) : NULL;
    for (size_t i = 0; i < count; i++) {
        shim_free(arguments[i]);
    }
    shim_free(arguments);
    return command;
}

struct shim_error shim_launch(const char *path, const char *const *argv, int32_t limit_ms, char *line, size_t capacity)
{
    int64_t deadline = shim_deadline(limit_ms);
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    HANDLE reading, ready;
    if (!CreatePipe(&reading, &ready, &inheritable, 0)) {
        return shim_last_error("CreatePipe");
    }
    SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);
    WCHAR *program = shim_wide(path);
    WCHAR *command = command_of(argv, ready);
    struct shim_error error = program != NULL && command != NULL ? shim_create_handler(program, command, ready)
                                                                 : SHIM_FAILED(SHIM_ENOMEM, "making the command line");
    shim_free(command);
    shim_free(program);
    CloseHandle(ready);
    error = error.number != 0 ? error : read_line(reading, deadline, line, capacity);
    CloseHandle(reading);
    return error;
}
