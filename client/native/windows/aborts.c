/*
 * abort, in whatever native library: a C runtime that is asked raises SIGABRT before it ends the process. The system's two are asked, each of which all libraries
 * that link to it share; one that is linked into a library is its own, and only Windows Error Reporting sees what it does (wer.c).
 */
#include "shim.h"

/* signal.h of the C runtimes, which this library does not link to. */
#define SIGNAL_ABORT 22
typedef void(__cdecl *signal_handler)(int);
typedef signal_handler(__cdecl *signal_function)(int, signal_handler);

static void report_abort(int number, signal_handler former)
{
    EXCEPTION_RECORD record = { .ExceptionCode = SHIM_ABORT, .ExceptionFlags = EXCEPTION_NONCONTINUABLE };
    shim_report_end(&record, NULL, __builtin_frame_address(0));
    if (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        shim_terminate(SHIM_ABORT);
    }
    /* SIG_DFL, SIG_IGN and SIG_ERR are 0, 1 and -1. */
    if ((uintptr_t)former > 1 && (uintptr_t)former != UINTPTR_MAX) {
        former(number);
    }
}

static signal_handler former_handlers[2];

static void __cdecl on_ucrt_abort(int number)
{
    report_abort(number, former_handlers[0]);
}

static void __cdecl on_msvcrt_abort(int number)
{
    report_abort(number, former_handlers[1]);
}

/* One who asks later comes before us, and may hand on. A runtime that is not there aborts nobody. */
void shim_watch_aborts(void)
{
    static const WCHAR *const names[] = { L"ucrtbase.dll", L"msvcrt.dll" };
    static const signal_handler ours[] = { on_ucrt_abort, on_msvcrt_abort };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        HMODULE runtime = LoadLibraryExW(names[i], NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
        signal_function set = runtime != NULL ? (signal_function)(void *)GetProcAddress(runtime, "signal") : NULL;
        if (set != NULL) {
            former_handlers[i] = set(SIGNAL_ABORT, ours[i]);
        }
    }
}
