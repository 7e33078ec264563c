/*
 * What only Windows Error Reporting sees: __fastfail (a damaged heap, an overrun buffer) ends a process past every handler in it. WER then loads
 * this library into a process of its own, WerFault.exe, as the module that crash_handler_install registered, and calls what is exported here. That has
 * the process which dies report itself, in a thread that it starts there: pid, pipe and block are its own. Where WER is off, or the library is not named
 * in the registry (README.md), nothing happens.
 */
#include "shim.h"

/*
 * Milliseconds until the thread in the process that dies must have begun: it never does where another one died with the lock of the loader or of the
 * heap, and a thread is begun in a fraction of this.
 */
#define BEGIN_LIMIT_MS 3000
/* Milliseconds between the end of a report, as its own limit has it, and the end of the thread. */
#define END_LIMIT_MS 1000

/* WER_RUNTIME_EXCEPTION_INFORMATION of werapi.h, which mingw's header does not get whole. */
struct wer_information {
    DWORD size;
    HANDLE process;
    HANDLE thread;
    EXCEPTION_RECORD record;
    CONTEXT context;
    PCWSTR report_id;
    BOOL is_fatal; /* there only where the size covers it */
};

/* What lies in the process that dies; its address is the module's context. */
struct wer_block {
    uint32_t size;
    uint32_t options; /* enum ch_register_options, as of the last registration */
    uint32_t hold_ms; /* the same */
    volatile LONG begun; /* set by the thread that reports, first of all */
    LPTHREAD_START_ROUTINE entry;
    DWORD tid;
    EXCEPTION_RECORD record;
    CONTEXT context;
};

static struct wer_block wer_block;

/* In the process that dies, on a thread that WerFault.exe started. */
static DWORD WINAPI report_for_wer(void *unused)
{
    (void)unused;
    InterlockedExchange(&wer_block.begun, 1);
    EXCEPTION_POINTERS pointers = { &wer_block.record, &wer_block.context };
    struct shim_evidence evidence = { &pointers, CH_NOTICE_FAIL_FAST, wer_block.tid };
    shim_report(&evidence);
    return 0;
}

void shim_register_with_wer(HMODULE library)
{
    typedef HRESULT(WINAPI * register_function)(PCWSTR, PVOID);
    static WCHAR path[MAX_PATH];
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    register_function call = kernel != NULL ? (register_function)(void *)GetProcAddress(kernel, "WerRegisterRuntimeExceptionModule") : NULL;
    DWORD length = GetModuleFileNameW(library, path, MAX_PATH);
    if (call != NULL && length > 0 && length < MAX_PATH && wer_block.size == 0) {
        wer_block.size = sizeof wer_block;
        wer_block.entry = report_for_wer;
        call(path, &wer_block);
    }
}

void shim_tell_wer(uint32_t options, uint32_t hold_ms)
{
    wer_block.options = options;
    wer_block.hold_ms = hold_ms;
}

/* In WerFault.exe: false where the thread that should report did not begin in time, or the process is gone. */
static bool has_begun(HANDLE process, const struct wer_block *block, HANDLE thread)
{
    int64_t deadline = shim_deadline(BEGIN_LIMIT_MS);
    LONG begun = 0;
    while (begun == 0 && shim_left(deadline) > 0 && WaitForSingleObject(thread, SHIM_WAIT_STEP_MS) == WAIT_TIMEOUT) {
        if (!ReadProcessMemory(process, (const void *)&block->begun, &begun, sizeof begun, NULL)) {
            return false;
        }
    }
    return begun != 0;
}

/* In WerFault.exe: writes what happened into the process that dies, and waits for its report. */
static void have_reported(HANDLE process, struct wer_block *block, const struct wer_block *copy)
{
    if (!WriteProcessMemory(process, block, copy, sizeof *copy, NULL)) {
        return;
    }
    HANDLE thread = CreateRemoteThread(process, NULL, 0, copy->entry, NULL, 0, NULL);
    if (thread != NULL) {
        if (has_begun(process, block, thread)) {
            WaitForSingleObject(thread, CH_WINDOWS_DIALOGUE_LIMIT_MS + copy->hold_ms + END_LIMIT_MS);
        }
        CloseHandle(thread);
    }
}

/* Claims nothing: WER goes on as it would have, or finds the process gone. */
SHIM_API HRESULT WINAPI OutOfProcessExceptionEventCallback(PVOID block, const struct wer_information *information, BOOL *claimed, PWSTR name,
                                                           PDWORD name_chars, PDWORD signatures)
{
    struct wer_block copy;
    SIZE_T bytes = 0;
    (void)name;
    (void)name_chars;
    (void)signatures;
    *claimed = FALSE;
    if (information->size >= offsetof(struct wer_information, is_fatal) + sizeof information->is_fatal && !information->is_fatal) {
        return S_OK; /* a report that somebody asked for: the process lives on */
    }
    if (information->size < offsetof(struct wer_information, report_id)
        || !ReadProcessMemory(information->process, block, &copy, sizeof copy, &bytes) || copy.size != sizeof copy) {
        return S_OK;
    }
    copy.begun = 0;
    copy.tid = GetThreadId(information->thread);
    copy.record = information->record;
    copy.context = information->context;
    have_reported(information->process, block, &copy);
    if (copy.options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        TerminateProcess(information->process, copy.record.ExceptionCode);
    }
    return S_OK;
}

/* Called only for what was claimed. */
SHIM_API HRESULT WINAPI OutOfProcessExceptionEventSignatureCallback(PVOID block, const struct wer_information *information, DWORD index, PWSTR name,
                                                                    PDWORD name_chars, PWSTR value, PDWORD value_chars)
{
    (void)block;
    (void)information;
    (void)index;
    (void)name;
    (void)name_chars;
    (void)value;
    (void)value_chars;
    return E_FAIL;
}

SHIM_API HRESULT WINAPI OutOfProcessExceptionEventDebuggerLaunchCallback(PVOID block, const struct wer_information *information, PBOOL is_custom,
                                                                         PWSTR command, PDWORD command_chars, PBOOL is_automatic)
{
    (void)block;
    (void)information;
    (void)is_custom;
    (void)command;
    (void)command_chars;
    (void)is_automatic;
    return E_FAIL;
}
