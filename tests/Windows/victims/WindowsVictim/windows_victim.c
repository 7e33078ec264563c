/* Native code to die in, for WindowsVictim: x86_64-w64-mingw32-gcc -shared -o windows_victim_native.dll windows_victim.c */
#include <windows.h>

#define EXPORT __declspec(dllexport)

/* Never mapped; not 0, so that an exception's address 0 is no accident. */
#define UNMAPPED ((volatile int *)0x1230)

EXPORT __attribute__((noinline)) void victim_fault(void)
{
    *UNMAPPED = 1;
}

/* With a secret on the stack, behind a pointer there, and in registers. */
EXPORT void victim_fault_with(const char *secret)
{
    volatile char copy[16];
    for (int i = 0; i < 16; i++) {
        copy[i] = secret[i];
    }
    __asm__ volatile("movups (%0), %%xmm15; movq (%0), %%r15; movl $1, (%1)" : : "r"(copy), "r"(UNMAPPED) : "r15", "xmm15", "memory");
}

EXPORT void victim_break(void)
{
    DebugBreak();
}

EXPORT void victim_illegal(void)
{
    __asm__ volatile("ud2");
}

EXPORT int victim_divide(volatile int by)
{
    return 1000 / by;
}

static DWORD WINAPI die(void *unused)
{
    victim_fault();
    return (DWORD)(ULONG_PTR)unused;
}

/* On a thread that the runtime does not know. */
EXPORT unsigned victim_fault_on_thread(void)
{
    DWORD tid;
    HANDLE thread = CreateThread(NULL, 0, die, NULL, 0, &tid);
    WaitForSingleObject(thread, INFINITE);
    return tid;
}

static DWORD WINAPI stop(void *unused)
{
    DebugBreak();
    return (DWORD)(ULONG_PTR)unused;
}

EXPORT void victim_break_on_thread(void)
{
    WaitForSingleObject(CreateThread(NULL, 0, stop, NULL, 0, NULL), INFINITE);
}

/* Several at once: one of them is reported, and all of them die. */
EXPORT void victim_fault_on_threads(int count)
{
    for (int i = 1; i < count; i++) {
        CreateThread(NULL, 0, die, NULL, 0, NULL);
    }
    victim_fault_on_thread();
}

/* By the C runtime of that name: `ucrtbase.dll` or `msvcrt.dll`. */
EXPORT void victim_abort(const char *runtime)
{
    ((void(__cdecl *)(void))(void *)GetProcAddress(LoadLibraryA(runtime), "abort"))();
}

static DWORD WINAPI give_up(void *unused)
{
    victim_abort("ucrtbase.dll");
    return (DWORD)(ULONG_PTR)unused;
}

EXPORT void victim_abort_on_thread(void)
{
    WaitForSingleObject(CreateThread(NULL, 0, give_up, NULL, 0, NULL), INFINITE);
}

static LONG CALLBACK step_over(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ILLEGAL_INSTRUCTION) {
        pointers->ContextRecord->Rip += 2; /* ud2 has two bytes */
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Native code that mends its own faults, behind whoever looked at them before. */
EXPORT void victim_handle_own_faults(int times)
{
    void *handler = AddVectoredExceptionHandler(0, step_over);
    for (int i = 0; i < times; i++) {
        victim_illegal();
    }
    RemoveVectoredExceptionHandler(handler);
}
