/* Loaded ELF images, as the loader lists them. Not for the crash path: the list is under the loader's lock. */
#ifndef ELF_IMAGES_H
#define ELF_IMAGES_H

#include "shim.h"

#include <link.h>
#include <stddef.h>

/* Where this library begins: made by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

struct image {
    bool found;
    ElfW(Addr) base;
    const ElfW(Phdr) *headers;
    size_t header_count;
};

struct dynamic {
    const ElfW(Sym) *symbols;
    const char *names;
    const uint32_t *gnu_hash; /* NULL: none */
    const uint32_t *hash;     /* NULL: none */
    const ElfW(Rela) *jump_slots;
    size_t jump_slots_bytes;
    const ElfW(Rela) *others;
    size_t others_bytes;
};

struct image shim_image_of(const struct dl_phdr_info *object);
const ElfW(Phdr) *shim_segment(const struct image *image, uint32_t type);
bool shim_read_dynamic(const struct image *image, struct dynamic *dynamic);
/* Whether the loader's object has this file name. */
bool shim_is_named(const struct dl_phdr_info *object, const char *name);
bool shim_is_this_library(const struct dl_phdr_info *object);
/* What the main executable exports under this name; NULL: nothing. */
void *shim_find_in_executable(const char *name);
/* The first symbol of this name behind this library in load order, else anywhere: what dlsym(RTLD_NEXT) would find. NULL: none. */
void *shim_find_next(const char *name);

#endif
