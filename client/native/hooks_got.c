/*
 * Stage 2: the two slots through which the runtime calls sigaction and abort, in the GOT of libcoreclr.so, or of the main
 * executable where the runtime is part of it (single-file, NativeAOT); and the slots of pthread_create in every image that is
 * loaded. In both stages, on demand, the runtime's slots of fork, execve and execv. Not for the crash path.
 */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAPS_LINE_BYTES 512

/* One line of maps, "start-end rwxp ...". */
struct mapping {
    uintptr_t start;
    uintptr_t end;
    int protection;
};

struct hook {
    const char *name;
    void *replacement;
    void **next; /* where what was in the slot is noted; NULL: not needed */
    uint32_t bit;
    bool has_slot;
    int error;
    struct mapping *known; /* where the last slot was found, for all hooks of one round */
};

/* The main executable comes first in the loader's list; libcoreclr.so, if there is one, takes its place. */
static int choose_image(struct dl_phdr_info *object, size_t size, void *opaque)
{
    (void)size;
    struct image *image = opaque;
    bool coreclr = shim_is_named(object, "libcoreclr.so");
    if (!image->found || coreclr) {
        *image = shim_image_of(object);
    }
    return coreclr;
}

static bool is_relocated_read_only(const struct image *image, uintptr_t address)
{
    const ElfW(Phdr) *relro = shim_segment(image, PT_GNU_RELRO);
    return relro != NULL && address - (image->base + relro->p_vaddr) < relro->p_memsz;
}

/* Reads hexadecimal digits; sscanf and strtoul would bind to the newest glibc. */
static uintptr_t read_address(const char **text)
{
    uintptr_t value = 0;
    for (;; (*text)++) {
        char digit = **text;
        if (digit >= '0' && digit <= '9') {
            value = value << 4 | (uintptr_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            value = value << 4 | (uintptr_t)(digit - 'a' + 10);
        } else {
            return value;
        }
    }
}

static struct mapping read_mapping(const char *line)
{
    struct mapping mapping = { .start = read_address(&line) };
    line += *line == '-';
    uintptr_t end = read_address(&line);
    if (strlen(line) >= 4) {
        mapping.end = end;
        mapping.protection = (line[1] == 'r' ? PROT_READ : 0) | (line[2] == 'w' ? PROT_WRITE : 0) | (line[3] == 'x' ? PROT_EXEC : 0);
    }
    return mapping;
}

/* What the kernel has for the page now, so that exactly that can be put back. The slots of an image lie in one mapping: it is looked up once. */
static int protection_of(uintptr_t address, struct mapping *known)
{
    FILE *maps = address - known->start < known->end - known->start ? NULL : fopen("/proc/self/maps", "re");
    if (maps != NULL) {
        char line[MAPS_LINE_BYTES];
        *known = (struct mapping){ .protection = PROT_READ };
        while (fgets(line, sizeof line, maps) != NULL) {
            struct mapping mapping = read_mapping(line);
            if (address - mapping.start < mapping.end - mapping.start) {
                *known = mapping;
                break;
            }
        }
        fclose(maps);
    }
    return address - known->start < known->end - known->start ? known->protection : PROT_READ;
}

static int write_slot(const struct image *image, void **slot, void *value, struct mapping *known)
{
    if (!is_relocated_read_only(image, (uintptr_t)slot)) {
        __atomic_store_n(slot, value, __ATOMIC_RELEASE);
        return 0;
    }
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)slot & ~(page_bytes - 1));
    int before = protection_of((uintptr_t)slot, known);
    if (mprotect(page, page_bytes, before | PROT_WRITE) != 0) {
        return errno;
    }
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    return mprotect(page, page_bytes, before) == 0 ? 0 : errno;
}

static void patch(const struct image *image, struct hook *hook, void **slot)
{
    void *former = *slot;
    if (former != hook->replacement) {
        if (hook->next != NULL) {
            *hook->next = former;
        }
        hook->error = write_slot(image, slot, hook->replacement, hook->known);
    }
    hook->has_slot = true;
}

static void scan(const struct image *image, const struct dynamic *dynamic, const ElfW(Rela) *relocations, size_t bytes,
                 struct hook *hook)
{
    for (size_t i = 0; relocations != NULL && i < bytes / sizeof *relocations; i++) {
        uint64_t type = ELF64_R_TYPE(relocations[i].r_info);
        const ElfW(Sym) *symbol = &dynamic->symbols[ELF64_R_SYM(relocations[i].r_info)];
        if ((type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT)
            && strcmp(dynamic->names + symbol->st_name, hook->name) == 0) {
            patch(image, hook, (void **)(image->base + relocations[i].r_offset));
        }
    }
}

static void scan_all(const struct image *image, struct hook *hook)
{
    struct dynamic dynamic = { 0 };
    if (shim_read_dynamic(image, &dynamic)) {
        scan(image, &dynamic, dynamic.jump_slots, dynamic.jump_slots_bytes, hook);
        scan(image, &dynamic, dynamic.others, dynamic.others_bytes, hook);
    }
}

static int patch_threads(struct dl_phdr_info *object, size_t size, void *hook)
{
    (void)size;
    struct image image = shim_image_of(object);
    if (!shim_is_this_library(object)) {
        scan_all(&image, hook);
    }
    return 0;
}

static bool is_patched(const struct hook *hook)
{
    return hook->has_slot && hook->error == 0;
}

static void explain(const struct hook *hook, char *message, size_t bytes)
{
    size_t used = strlen(message);
    if (!is_patched(hook)) {
        snprintf(message + used, bytes - used, "%sthe runtime's calls of %s are not seen: %s", used > 0 ? "; " : "", hook->name,
                 hook->has_slot ? strerror(hook->error) : "it has no GOT slot for it");
    }
}

static void patch_all(struct hook *hooks, size_t count, struct mapping *known)
{
    struct image image = { 0 };
    dl_iterate_phdr(choose_image, &image);
    for (size_t i = 0; image.found && i < count; i++) {
        hooks[i].known = known;
        scan_all(&image, &hooks[i]);
    }
}

/* The runtime has either execve or execv. What is missing is named in `message`. Returns CH_HOOK_FORK or 0. */
uint32_t shim_patch_createdump(char *message, size_t message_bytes)
{
    struct hook hooks[] = {
        { .name = "execve", .replacement = (void *)shim_execve, .next = (void **)&shim_next_execve },
        { .name = "execv", .replacement = (void *)shim_execv, .next = (void **)&shim_next_execv },
        { .name = "fork", .replacement = (void *)shim_fork, .next = (void **)&shim_next_fork },
    };
    const struct hook *exec = &hooks[0], *fork = &hooks[2];
    struct mapping known = { 0 };
    patch_all(hooks, sizeof hooks / sizeof *hooks, &known);
    exec += !is_patched(exec);
    explain(is_patched(fork) ? exec : fork, message, message_bytes);
    return is_patched(fork) && is_patched(exec) ? CH_HOOK_FORK : 0;
}

/* Patches what it finds; what is missing is named in `message`. Returns the bits of the hooks in place. */
uint32_t shim_patch_slots(char *message, size_t message_bytes)
{
    struct hook hooks[] = {
        { .name = "sigaction", .replacement = (void *)shim_sigaction, .bit = CH_HOOK_SIGACTION },
        { .name = "abort", .replacement = (void *)shim_abort, .next = (void **)&shim_next_abort, .bit = CH_HOOK_ABORT },
    };
    struct mapping known = { 0 };
    uint32_t bits = 0;
    patch_all(hooks, sizeof hooks / sizeof *hooks, &known);
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        bits |= is_patched(&hooks[i]) ? hooks[i].bit : 0;
        explain(&hooks[i], message, message_bytes);
    }
    struct hook threads = { .name = "pthread_create", .replacement = (void *)shim_pthread_create, .known = &known };
    dl_iterate_phdr(patch_threads, &threads);
    return bits;
}
