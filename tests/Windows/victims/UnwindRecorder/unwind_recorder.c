// Writes what unwinding must find: steps through functions of real libraries, one instruction at a time, and says at each new one what its caller's registers are.
//   unwind_recorder.exe OUT RUNTIME_FOLDER    RUNTIME_FOLDER is runtimes/win-x64 of the runtime pack.
// The truth is no unwinder's: at each call the stack pointer and the registers that a callee must keep are remembered, until the return address is popped.
// OUT is text, numbers in hexadecimal, one item a line:
//   M NAME SIZE                    a module; what follows is of it
//   F BEGIN END UNWIND             a RUNTIME_FUNCTION
//   U ADDRESS BYTES                an UNWIND_INFO
//   C ADDRESS BYTES                an instruction
//   S SLOT RETURN B BP SI DI 12 13 14 15    a call: where its return address is, and what the caller's registers are
//   I ADDRESS SP CHANGED... @ WORDS...      an instruction of it, SP below SLOT: registers that are not the caller's, N=VALUE; words of the stack that hold one of the caller's, up to the caller's room for four parameters, DISTANCE+COUNT=N from SP on
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEPT = 8, MODULES = 4, DEPTH = 4096, PER_MODULE = 4000, STEPS = 3000000, STACK_BYTES = 16384, HOME_BYTES = 40 };

struct frame { DWORD64 slot, address, kept[KEPT]; };
struct module { const char* name; DWORD64 base; DWORD size; BYTE* seen; BYTE* told; RUNTIME_FUNCTION* functions; DWORD count; int recorded; };

static struct module s_modules[MODULES] = { { .name = "coreclr.dll" }, { .name = "System.IO.Compression.Native.dll" }, { .name = "ntdll.dll" }, { .name = "ucrtbase.dll" } };
static struct frame s_frames[DEPTH];
static int s_depth;
static DWORD64 s_rip, s_rsp;
static struct frame s_last;
static struct module* s_last_module;
static volatile int s_stepping;
static int s_steps;
static FILE* s_out;

static void kept_of(const CONTEXT* c, DWORD64* kept) {
    const DWORD64 values[KEPT] = { c->Rbx, c->Rbp, c->Rsi, c->Rdi, c->R12, c->R13, c->R14, c->R15 };
    memcpy(kept, values, sizeof values);
}

static void hex(const char* kind, DWORD address, const BYTE* bytes, int count) {
    fprintf(s_out, "%s %lx ", kind, address);
    for (int i = 0; i < count; i++)
        fprintf(s_out, "%02x", bytes[i]);
    fputc('\n', s_out);
}

static struct module* module_of(DWORD64 address) {
    for (int i = 0; i < MODULES; i++)
        if (address - s_modules[i].base < s_modules[i].size)
            return &s_modules[i];
    return NULL;
}

// Finds modules that have been loaded by now; not while stepping, perhaps in the loader.
static void find_modules(void) {
    for (int i = 0; i < MODULES; i++) {
        struct module* m = &s_modules[i];
        if (m->size == 0 && (m->base = (DWORD64)GetModuleHandleA(m->name)) != 0) {
            IMAGE_NT_HEADERS64* nt = (IMAGE_NT_HEADERS64*)(m->base + ((IMAGE_DOS_HEADER*)m->base)->e_lfanew);
            IMAGE_DATA_DIRECTORY* d = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
            m->functions = (RUNTIME_FUNCTION*)(m->base + d->VirtualAddress);
            m->count = d->Size / sizeof(RUNTIME_FUNCTION);
            m->seen = calloc(1, nt->OptionalHeader.SizeOfImage);
            m->told = calloc(1, m->count);
            m->size = nt->OptionalHeader.SizeOfImage;
        }
    }
}

static void tell_unwind(struct module* m, DWORD address) {
    const BYTE* info = (BYTE*)(m->base + address);
    int codes = (info[2] + 1) / 2 * 4;
    int chained = (info[0] >> 3 & 4) != 0;
    hex("U", address, info, 4 + codes + (chained ? sizeof(RUNTIME_FUNCTION) : 0));
    if (chained) {
        const RUNTIME_FUNCTION* next = (const RUNTIME_FUNCTION*)(info + 4 + codes);
        fprintf(s_out, "F %lx %lx %lx\n", next->BeginAddress, next->EndAddress, next->UnwindData);
        tell_unwind(m, next->UnwindData);
    }
}

static void tell_function(struct module* m, DWORD address) {
    DWORD low = 0, high = m->count;
    while (low < high) {
        DWORD middle = (low + high) / 2;
        if (m->functions[middle].BeginAddress <= address) low = middle + 1; else high = middle;
    }
    if (low > 0 && address < m->functions[low - 1].EndAddress && !m->told[low - 1]) {
        const RUNTIME_FUNCTION* f = &m->functions[low - 1];
        m->told[low - 1] = 1;
        fprintf(s_out, "F %lx %lx %lx\n", f->BeginAddress, f->EndAddress, f->UnwindData);
        tell_unwind(m, f->UnwindData);
    }
}

// An instruction's bytes: enough of them to tell which it is, no more than up to the next.
static void tell_instruction(struct module* m, DWORD address) {
    const BYTE* code = (BYTE*)(m->base + address);
    int length = 8;
    if (code[0] == 0xeb) { length = 2; tell_function(m, address + 2 + (signed char)code[1]); }
    if (code[0] == 0xe9) { length = 5; tell_function(m, address + 5 + *(int*)(code + 1)); }
    hex("C", address, code, length);
}

static void tell(struct module* m, const CONTEXT* c) {
    const struct frame* f = &s_frames[s_depth - 1];
    DWORD address = (DWORD)(c->Rip - m->base);
    if (m->seen[address] || m->recorded == PER_MODULE || f->slot - c->Rsp > STACK_BYTES)
        return;
    m->seen[address] = 1;
    m->recorded++;
    if (m != s_last_module)
        fprintf(s_out, "M %s %lx\n", m->name, m->size);
    tell_function(m, address);
    tell_instruction(m, address);
    if (m != s_last_module || memcmp(f, &s_last, sizeof *f) != 0) {
        fprintf(s_out, "S %llx %llx", f->slot, f->address);
        for (int i = 0; i < KEPT; i++)
            fprintf(s_out, " %llx", f->kept[i]);
        fputc('\n', s_out);
    }
    s_last = *f;
    s_last_module = m;
    fprintf(s_out, "I %lx %llx", address, f->slot - c->Rsp);
    DWORD64 kept[KEPT];
    kept_of(c, kept);
    for (int i = 0; i < KEPT; i++)
        if (kept[i] != f->kept[i])
            fprintf(s_out, " %x=%llx", i, kept[i]);
    fputs(" @", s_out);
    const DWORD64 last = f->slot + HOME_BYTES;
    for (DWORD64 at = c->Rsp; at < last;) {
        DWORD64 value = *(DWORD64*)at;
        int which = 0;
        while (which < KEPT && f->kept[which] != value)
            which++;
        DWORD64 end = at + 8;
        while (which < KEPT && end < last && *(DWORD64*)end == value)
            end += 8;
        if (which < KEPT)
            fprintf(s_out, " %llx+%llx=%x", at - c->Rsp, (end - at) / 8, which);
        at = end;
    }
    fputc('\n', s_out);
}

static LONG CALLBACK on_step(EXCEPTION_POINTERS* e) {
    if (e->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    CONTEXT* c = e->ContextRecord;
    while (s_depth > 0 && s_frames[s_depth - 1].slot < c->Rsp)
        s_depth--;
    DWORD64 top = c->Rsp == s_rsp - 8 ? *(DWORD64*)c->Rsp : 0;
    if (top > s_rip && top - s_rip <= 8 && c->Rip != top && s_depth < DEPTH) {
        struct frame* f = &s_frames[s_depth++];
        f->slot = c->Rsp;
        f->address = top;
        kept_of(c, f->kept);
    }
    struct module* m = module_of(c->Rip);
    // A frame of which the return address was overwritten, or that another stack replaced, is none.
    if (m && s_depth > 0 && *(DWORD64*)s_frames[s_depth - 1].slot == s_frames[s_depth - 1].address)
        tell(m, c);
    s_rip = c->Rip;
    s_rsp = c->Rsp;
    if (s_stepping && ++s_steps < STEPS)
        c->EFlags |= 0x100;
    else
        c->EFlags &= ~0x100u;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void begin(void) {
    s_depth = 0;
    s_rip = s_rsp = 0;
    s_steps = 0;
    s_stepping = 1;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop" ::: "memory", "cc");
}

static void end(const char* what) {
    s_stepping = 0;
    __asm__ volatile("nop; nop" ::: "memory");
    printf("%s: %d steps;", what, s_steps);
    for (int i = 0; i < MODULES; i++)
        printf(" %s %d", s_modules[i].name, s_modules[i].recorded);
    printf("\n");
    fflush(stdout);
}

static int __cdecl by_text(const void* a, const void* b) { return strcmp(*(const char**)a, *(const char**)b); }

static void use_libraries(void) {
    HMODULE crt = LoadLibraryA("ucrtbase.dll");
    void (__cdecl *sort)(void*, size_t, size_t, int (__cdecl*)(const void*, const void*)) = (void*)GetProcAddress(crt, "qsort");
    double (__cdecl *number)(const char*, char**) = (void*)GetProcAddress(crt, "strtod");
    char* (__cdecl *token)(char*, const char*, char**) = (void*)GetProcAddress(crt, "strtok_s");
    const char* words[] = { "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "more" };
    char text[] = "one,two;three", *rest = NULL;
    find_modules();
    begin();
    sort(words, 11, sizeof *words, by_text);
    volatile double sum = number("-1234.5678e-12", NULL) + number("0x1.8p3", NULL);
    (void)sum;
    while (token(rest ? NULL : text, ",;", &rest) && *rest) {}
    CloseHandle(CreateFileA("Z:\\none\\such.txt", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    SetEnvironmentVariableA("RECORDED", "1");
    end("libraries");
}

static void use_compression(const char* folder) {
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s\\native\\System.IO.Compression.Native.dll", folder);
    HMODULE library = LoadLibraryA(path);
    int (*encode)(int, int, int, size_t, const BYTE*, size_t*, BYTE*) = (void*)GetProcAddress(library, "BrotliEncoderCompress");
    static BYTE source[6000], target[8192];
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (BYTE)((i * i >> 5) % 61);
    size_t length = sizeof target;
    find_modules();
    begin();
    if (encode)
        encode(5, 22, 0, sizeof source, source, &length, target);
    end("compression");
}

static void use_runtime(const char* folder) {
    char path[MAX_PATH];
    WCHAR assembly[MAX_PATH];
    snprintf(path, sizeof path, "%s\\native\\coreclr.dll", folder);
    HMODULE library = LoadLibraryA(path);
    find_modules();
    HRESULT (WINAPI *dispenser)(const GUID*, const GUID*, void*) = (void*)GetProcAddress(library, "MetaDataGetDispenser");
    static const GUID class_id = { 0xe5cb7a31, 0x7512, 0x11d2, { 0x89, 0xce, 0x00, 0x80, 0xc7, 0x92, 0xe5, 0xd8 } };
    static const GUID dispenser_id = { 0x809c652e, 0x7396, 0x11d2, { 0x97, 0x71, 0x00, 0xa0, 0xc9, 0xb4, 0xd5, 0x0c } };
    static const GUID import_id = { 0x7dac8207, 0xd3ae, 0x4c75, { 0x9b, 0x67, 0x92, 0x80, 0x1a, 0x49, 0x7d, 0x44 } };
    void ***made = NULL, ***scope = NULL;
    snprintf(path, sizeof path, "%s\\lib\\net10.0\\System.Runtime.dll", folder);
    MultiByteToWideChar(CP_ACP, 0, path, -1, assembly, MAX_PATH);
    find_modules();
    begin();
    HRESULT result = dispenser(&class_id, &dispenser_id, &made);
    if (result >= 0) {
        // IMetaDataDispenser::OpenScope, IMetaDataImport::EnumTypeDefs, GetTypeDefProps, FindTypeDefByName.
        result = ((HRESULT (*)(void*, LPCWSTR, DWORD, const GUID*, void*))(*made)[4])(made, assembly, 0, &import_id, &scope);
        if (result >= 0) {
            HANDLE list = NULL;
            DWORD types[8], count = 0, flags, base, token;
            WCHAR name[200];
            ((HRESULT (*)(void*, HANDLE*, DWORD*, DWORD, DWORD*))(*scope)[6])(scope, &list, types, 8, &count);
            ((HRESULT (*)(void*, DWORD, LPWSTR, DWORD, DWORD*, DWORD*, DWORD*))(*scope)[12])(scope, 0x02000002, name, 200, &count, &flags, &base);
            ((HRESULT (*)(void*, LPCWSTR, DWORD, DWORD*))(*scope)[9])(scope, L"No.Such", 0, &token);
        }
    }
    end("runtime");
    printf("MetaData: 0x%lx\n", result);
}

int main(int count, char** arguments) {
    if (count != 3 || (s_out = fopen(arguments[1], "wb")) == NULL) {
        fprintf(stderr, "unwind_recorder OUT RUNTIME_FOLDER\n");
        return 2;
    }
    static char buffer[1 << 20];
    setvbuf(s_out, buffer, _IOFBF, sizeof buffer);
    AddVectoredExceptionHandler(1, on_step);
    use_compression(arguments[2]);
    use_runtime(arguments[2]);
    use_libraries();
    fclose(s_out);
    return 0;
}
