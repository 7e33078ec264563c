/*
 * What the processor complained of. The vectored handler comes last, after the runtime's own, which turns a managed fault into an exception and lets
 * nobody behind it see it; what it does see is noted only, because a __try/__except or a later handler may still be at home. It is reported when it is the end:
 * by the unhandled filter, or when the runtime ends the process because of it (hooks_iat.c).
 */
#include "shim.h"

/* Threads with a noted fault: one slot each, the oldest of a bucket gives way. */
#define SLOTS 64u
#define PROBES 8u
/* Bytes of stack that are left to a thread's handlers when its stack overflows: the dialogue's few frames, several times over. */
#define STACK_GUARANTEE_BYTES 32768u

/* CONTEXT_XSTATE of winnt.h: AVX registers lie beyond the plain CONTEXT. */
#define XSTATE_FLAG 0x40u

/* A fault as it was when it was seen. */
struct noted {
    const CONTEXT *original; /* the system's own, on the thread's stack while the fault is being handled; NULL: nothing is noted */
    EXCEPTION_POINTERS pointers; /* at the copies */
    EXCEPTION_RECORD record;
    CONTEXT context;
};

/*
 * What a thread was seen to do: its last fault at all, also of managed code; and of those that the runtime let pass the one that it is handling, and the
 * last one since. Whoever handles the first may well probe memory that is not there; the first is the cause.
 */
struct thread_faults {
    volatile LONG tid; /* 0: free */
    struct noted seen;
    struct noted first;
    struct noted last;
};

static struct thread_faults thread_faults[SLOTS];
static LPTOP_LEVEL_EXCEPTION_FILTER former_filter;
volatile LONG shim_installed;

bool shim_is_fault(DWORD code)
{
    switch (code) {
    case EXCEPTION_ACCESS_VIOLATION:
    case EXCEPTION_IN_PAGE_ERROR:
    case EXCEPTION_ILLEGAL_INSTRUCTION:
    case EXCEPTION_PRIV_INSTRUCTION:
    case EXCEPTION_INT_DIVIDE_BY_ZERO:
    case EXCEPTION_INT_OVERFLOW:
    case EXCEPTION_FLT_DENORMAL_OPERAND:
    case EXCEPTION_FLT_DIVIDE_BY_ZERO:
    case EXCEPTION_FLT_INEXACT_RESULT:
    case EXCEPTION_FLT_INVALID_OPERATION:
    case EXCEPTION_FLT_OVERFLOW:
    case EXCEPTION_FLT_STACK_CHECK:
    case EXCEPTION_FLT_UNDERFLOW:
    case EXCEPTION_ARRAY_BOUNDS_EXCEEDED:
    case EXCEPTION_DATATYPE_MISALIGNMENT:
    case EXCEPTION_STACK_OVERFLOW:
    case EXCEPTION_BREAKPOINT:
        return true;
    default:
        return false;
    }
}

static void empty(struct thread_faults *slot)
{
    slot->seen.original = NULL;
    slot->first.original = NULL;
    slot->last.original = NULL;
}

/* The calling thread's slot, or with `may_claim` one for it. */
static struct thread_faults *slot_of(LONG tid, bool may_claim)
{
    uint32_t first = (uint32_t)tid / 4; /* thread ids are multiples of four */
    for (uint32_t i = 0; i < PROBES; i++) {
        struct thread_faults *slot = &thread_faults[(first + i) % SLOTS];
        if (slot->tid == tid) {
            return slot;
        }
    }
    /* Free ones; then those of threads that may be gone. The one that reports is not. */
    for (uint32_t i = 0; may_claim && i < 2 * PROBES; i++) {
        struct thread_faults *slot = &thread_faults[(first + i % PROBES) % SLOTS];
        LONG other = i < PROBES ? 0 : slot->tid;
        if ((other == 0 || other != shim_reporter()) && InterlockedCompareExchange(&slot->tid, tid, other) == other) {
            empty(slot);
            return slot;
        }
    }
    return NULL;
}

/* The thread is at its end, and the system may give its id to another. */
static void forget_thread(void)
{
    struct thread_faults *slot = slot_of((LONG)GetCurrentThreadId(), false);
    if (slot != NULL) {
        empty(slot);
        InterlockedExchange(&slot->tid, 0);
    }
}

/*
 * Whether the whole record, and the fault above it, lie on the calling thread's stack above `stack`, all of which is there to be read. A slot may be of a
 * dead thread that had the same id: one that was terminated never said that it ended.
 */
static bool is_on_stack(const struct noted *fault, const void *stack)
{
    ULONG_PTR low;
    ULONG_PTR high;
    GetCurrentThreadStackLimits(&low, &high);
    uintptr_t record = (uintptr_t)fault->original;
    return (uintptr_t)stack >= low && record > (uintptr_t)stack && record < fault->context.Rsp && fault->context.Rsp < high
        && record <= high - sizeof *fault->original;
}

/*
 * Whether a fault of the calling thread is being handled just now: then the system's context record lies on the stack, between the fault and the caller,
 * and nobody wrote over it. A fault that was caught is popped from the stack.
 */
static bool is_live(const struct noted *fault, const void *stack)
{
    const CONTEXT *original = fault->original;
    const CONTEXT *copy = &fault->context;
    return original != NULL && is_on_stack(fault, stack) && original->Rsp == copy->Rsp && original->Rip == copy->Rip && original->EFlags == copy->EFlags
        && original->Rbx == copy->Rbx && original->Rbp == copy->Rbp && original->R12 == copy->R12;
}

static void note(struct noted *fault, const EXCEPTION_POINTERS *pointers)
{
    fault->original = pointers->ContextRecord;
    fault->record = *pointers->ExceptionRecord;
    fault->context = *pointers->ContextRecord;
    fault->context.ContextFlags = (fault->context.ContextFlags & ~XSTATE_FLAG) | CONTEXT_AMD64; /* nothing beyond it was copied */
    fault->pointers = (EXCEPTION_POINTERS) { &fault->record, &fault->context };
}

/* Before the runtime's handler, which gives some faults up at once and keeps their registers to itself. */
static LONG CALLBACK see_fault(EXCEPTION_POINTERS *pointers)
{
    struct thread_faults *slot = shim_is_fault(pointers->ExceptionRecord->ExceptionCode) ? slot_of((LONG)GetCurrentThreadId(), true) : NULL;
    if (slot != NULL) {
        note(&slot->seen, pointers);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* The calling thread's last fault, if it is the one of this record; NULL: it is not. */
const EXCEPTION_POINTERS *shim_seen_fault(const EXCEPTION_RECORD *record)
{
    const struct thread_faults *slot = slot_of((LONG)GetCurrentThreadId(), false);
    bool is_it = slot != NULL && slot->seen.original != NULL && shim_is_fault(record->ExceptionCode)
        && slot->seen.record.ExceptionCode == record->ExceptionCode && slot->seen.record.ExceptionAddress == record->ExceptionAddress;
    return is_it ? &slot->seen.pointers : NULL;
}

static LONG CALLBACK note_fault(EXCEPTION_POINTERS *pointers)
{
    struct thread_faults *slot = shim_is_fault(pointers->ExceptionRecord->ExceptionCode) ? slot_of((LONG)GetCurrentThreadId(), true) : NULL;
    if (slot != NULL) {
        note(is_live(&slot->first, __builtin_frame_address(0)) ? &slot->last : &slot->first, pointers);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* The fault that the calling thread, whose stack begins at `stack`, is handling; NULL: none. */
const EXCEPTION_POINTERS *shim_live_fault(const void *stack)
{
    const struct thread_faults *slot = slot_of((LONG)GetCurrentThreadId(), false);
    return slot == NULL ? NULL
        : is_live(&slot->first, stack) ? &slot->first.pointers
        : is_live(&slot->last, stack) ? &slot->last.pointers : NULL;
}

static LONG WINAPI report_unhandled(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_POINTERS *fault = shim_live_fault(__builtin_frame_address(0));
    struct shim_evidence evidence = { fault != NULL ? fault : pointers, 0, 0 };
    shim_report(&evidence);
    if (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        shim_terminate(pointers->ExceptionRecord->ExceptionCode);
    }
    return former_filter != NULL ? former_filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
}

/* Never less than the thread has. */
static void reserve_stack(void)
{
    ULONG bytes = 0;
    if (SetThreadStackGuarantee(&bytes) && bytes < STACK_GUARANTEE_BYTES) {
        bytes = STACK_GUARANTEE_BYTES;
        SetThreadStackGuarantee(&bytes);
    }
}

/* Installs them once, and keeps the library loaded until the process ends: whoever frees it would leave pointers to nothing. */
struct shim_error shim_install_handlers(void)
{
    HMODULE pinned;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)note_fault, &pinned)) {
        return shim_last_error("GetModuleHandleEx");
    }
    if (InterlockedExchange(&shim_installed, 1) != 0) {
        return SHIM_DONE;
    }
    AddVectoredExceptionHandler(1, see_fault);
    AddVectoredExceptionHandler(0, note_fault);
    former_filter = SetUnhandledExceptionFilter(report_unhandled);
    reserve_stack();
    shim_watch_aborts();
    shim_register_with_wer(pinned);
    return SHIM_DONE;
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)library;
    (void)reserved;
    if (reason == DLL_THREAD_ATTACH && shim_installed) {
        reserve_stack();
    } else if (reason == DLL_THREAD_DETACH) {
        forget_thread();
    }
    return TRUE;
}
