/*
 * The imports by which the .NET runtime, or a program without one, ends the process: its slots in the import address table lead to us. What ends the
 * process is not what ended it: a fault in native code that managed code called never reaches the unhandled filter, because the runtime gives up first.
 */
#include "shim.h"

typedef void(WINAPI *fail_fast_function)(EXCEPTION_RECORD *, CONTEXT *, DWORD);
typedef BOOL(WINAPI *terminate_function)(HANDLE, UINT);

static fail_fast_function next_fail_fast;
static terminate_function next_terminate;

/* The calling thread, whose stack begins at `stack`, ends the process: reported is the fault that it is handling, else the end itself. */
void shim_report_end(const EXCEPTION_RECORD *record, CONTEXT *context, const void *stack)
{
    const EXCEPTION_POINTERS *fault = shim_live_fault(stack);
    fault = fault == NULL && context == NULL ? shim_seen_fault(record) : fault;
    /* The runtime's vectored handler gives some up at once: its own, a stack overflow, and those of managed code that are no null reference. */
    uint32_t flags = shim_is_fault(record->ExceptionCode) ? 0 : CH_NOTICE_FAIL_FAST;
    if (fault == NULL && context == NULL) {
        shim_report_here(record, flags);
        return;
    }
    EXCEPTION_POINTERS given = { (EXCEPTION_RECORD *)record, context };
    struct shim_evidence evidence = { fault != NULL ? fault : &given, fault != NULL ? 0 : flags, 0 };
    shim_report(&evidence);
}

static void WINAPI on_fail_fast(EXCEPTION_RECORD *record, CONTEXT *context, DWORD flags)
{
    EXCEPTION_RECORD plain = { .ExceptionCode = SHIM_FAIL_FAST, .ExceptionFlags = EXCEPTION_NONCONTINUABLE };
    const EXCEPTION_RECORD *given = record != NULL ? record : &plain;
    shim_report_end(given, context, __builtin_frame_address(0));
    if (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        shim_terminate(given->ExceptionCode);
    }
    next_fail_fast(record, context, flags);
}

/* Ends in order go through ExitProcess; a program may call this for a quick one, and only a fault that it is handling makes it a crash. */
static BOOL WINAPI on_terminate(HANDLE process, UINT code)
{
    const EXCEPTION_POINTERS *fault = GetProcessId(process) == GetCurrentProcessId() ? shim_live_fault(__builtin_frame_address(0)) : NULL;
    if (fault != NULL) {
        struct shim_evidence evidence = { fault, 0, 0 };
        shim_report(&evidence);
    }
    return next_terminate(process, code);
}

struct hook {
    const char *import;
    void *ours;
    void **next; /* what was there before: may be another one's hook */
    bool is_in_place;
};

static struct hook hooks[] = {
    { "RaiseFailFastException", on_fail_fast, (void **)&next_fail_fast, false },
    { "TerminateProcess", on_terminate, (void **)&next_terminate, false },
};

static bool write_slot(ULONG_PTR *slot, const void *target)
{
    DWORD protection;
    if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection)) {
        return false;
    }
    InterlockedExchangePointer((void **)slot, (void *)target);
    VirtualProtect(slot, sizeof *slot, protection, &protection);
    return true;
}

static void patch_slot(const char *import, ULONG_PTR *slot)
{
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        struct hook *hook = &hooks[i];
        if (!hook->is_in_place && strcmp(import, hook->import) == 0) {
            *hook->next = (void *)*slot;
            hook->is_in_place = write_slot(slot, hook->ours);
        }
    }
}

/* The image is mapped by the loader, which checked it. */
static void patch_image(uint8_t *image)
{
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(image + ((const IMAGE_DOS_HEADER *)image)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *directory = &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    if (directory->VirtualAddress == 0) {
        return;
    }
    for (const IMAGE_IMPORT_DESCRIPTOR *library = (const IMAGE_IMPORT_DESCRIPTOR *)(image + directory->VirtualAddress);
         library->FirstThunk != 0 && library->OriginalFirstThunk != 0; library++) {
        const IMAGE_THUNK_DATA *name = (const IMAGE_THUNK_DATA *)(image + library->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slot = (IMAGE_THUNK_DATA *)(image + library->FirstThunk);
        for (; name->u1.AddressOfData != 0; name++, slot++) {
            if (!IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal)) {
                patch_slot(((const IMAGE_IMPORT_BY_NAME *)(image + name->u1.AddressOfData))->Name, &slot->u1.Function);
            }
        }
    }
}

/* Patches what is not patched yet; says in `message` what has no slot. Returns CH_HOOK_ABORT when the two ends are seen that the runtime has. */
uint32_t shim_patch_imports(char *message, size_t capacity)
{
    HMODULE coreclr = GetModuleHandleW(L"coreclr.dll");
    patch_image((uint8_t *)(coreclr != NULL ? coreclr : GetModuleHandleW(NULL)));
    bool sees_ends = hooks[0].is_in_place && hooks[1].is_in_place;
    if (!sees_ends) {
        shim_append(message, capacity, coreclr != NULL ? "coreclr.dll" : "the program");
        shim_append(message, capacity, " imports no ");
        shim_append(message, capacity, !hooks[0].is_in_place ? hooks[0].import : hooks[1].import);
    }
    return sees_ends ? CH_HOOK_ABORT : 0;
}
