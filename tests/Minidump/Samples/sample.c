/*
 * A dump of Windows to read, as small as one can be: sample.exe FILE starts itself as a child, which faults on its first thread and waits, and dumps it into FILE. No C runtime,
 * and dbghelp only in the parent, so that the child has four modules. sample.dmp is what Wine 8.0 wrote:
 *
 *     x86_64-w64-mingw32-gcc -O1 -Wall -nostdlib -Wl,-e,start -Wl,--no-insert-timestamp -o sample.exe sample.c -lkernel32
 *     cp sample.exe "$WINEPREFIX/drive_c/" && wine 'C:\sample.exe' 'C:\sample.dmp'
 */
#include <windows.h>
#include <dbghelp.h>

/* What the child tells the parent. */
struct fault {
    DWORD thread;
    EXCEPTION_POINTERS *pointers;
};

typedef BOOL (WINAPI *write_dump)(HANDLE, DWORD, HANDLE, MINIDUMP_TYPE, MINIDUMP_EXCEPTION_INFORMATION *, MINIDUMP_USER_STREAM_INFORMATION *, MINIDUMP_CALLBACK_INFORMATION *);

static LONG CALLBACK wait_for_the_dump(EXCEPTION_POINTERS *pointers)
{
    struct fault fault = { GetCurrentThreadId(), pointers };
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), &fault, sizeof fault, &written, NULL);
    Sleep(INFINITE);
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI idle(void *unused)
{
    (void)unused;
    Sleep(INFINITE);
    return 0;
}

static void die(void)
{
    CreateThread(NULL, 0, idle, NULL, 0, NULL);
    AddVectoredExceptionHandler(1, wait_for_the_dump);
    *(volatile int *)0x1230 = 1;
}

static UINT dump(const WCHAR *path)
{
    WCHAR program[MAX_PATH];
    HANDLE read, write;
    SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
    STARTUPINFOW start = { 0 };
    PROCESS_INFORMATION child;
    struct fault fault;
    DWORD count;

    start.cb = sizeof start;
    if (!GetModuleFileNameW(NULL, program, MAX_PATH) || !CreatePipe(&read, &write, &inherited, 0))
        return 1;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdOutput = write;
    if (!CreateProcessW(program, NULL, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child) || !ReadFile(read, &fault, sizeof fault, &count, NULL) || count != sizeof fault)
        return 2;

    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    MINIDUMP_EXCEPTION_INFORMATION exception = { fault.thread, fault.pointers, TRUE };
    write_dump mini_dump_write_dump = (write_dump)(void *)GetProcAddress(LoadLibraryW(L"dbghelp.dll"), "MiniDumpWriteDump");
    BOOL done = mini_dump_write_dump(child.hProcess, child.dwProcessId, file, MiniDumpNormal, &exception, NULL, NULL);
    TerminateProcess(child.hProcess, 0);
    return done ? 0 : 3;
}

void start(void)
{
    /* The path stands behind the last blank: there are none in it. */
    const WCHAR *line = GetCommandLineW(), *path = NULL;
    for (; *line != 0; line++)
        if (*line == ' ' && line[1] != 0)
            path = line + 1;
    if (path == NULL)
        die();
    ExitProcess(dump(path));
}
