/* Loaded ELF images and the names they export. dlsym would do, but it lived in libdl before glibc 2.34 and may be absent. */
#include "images.h"

#include <string.h>

#define GNU_HASH_SEED 5381u
#define GNU_HASH_FACTOR 33u

/* The header of DT_GNU_HASH: then the Bloom filter's words, the buckets, and the chains. */
struct gnu_hash {
    uint32_t bucket_count;
    uint32_t first_symbol;
    uint32_t bloom_words;
    uint32_t bloom_shift;
};

/* DT_HASH begins with the number of buckets and the number of symbols. */
#define HASH_SYMBOL_COUNT 1

struct search {
    const char *name;
    bool in_executable; /* only the first image of the list */
    bool behind_us;     /* only what follows this library in the list */
    bool passed_us;
    void *found;
};

struct image shim_image_of(const struct dl_phdr_info *object)
{
    return (struct image) { true, object->dlpi_addr, object->dlpi_phdr, object->dlpi_phnum };
}

bool shim_is_named(const struct dl_phdr_info *object, const char *name)
{
    const char *slash = strrchr(object->dlpi_name, '/');
    return slash != NULL && strcmp(slash + 1, name) == 0;
}

bool shim_is_this_library(const struct dl_phdr_info *object)
{
    return object->dlpi_addr == (ElfW(Addr))__ehdr_start;
}

const ElfW(Phdr) *shim_segment(const struct image *image, uint32_t type)
{
    for (size_t i = 0; i < image->header_count; i++) {
        if (image->headers[i].p_type == type) {
            return &image->headers[i];
        }
    }
    return NULL;
}

/* glibc relocates these pointers in place; other loaders leave them relative. */
static const void *pointer_of(const struct image *image, const ElfW(Dyn) *entry)
{
    ElfW(Addr) value = entry->d_un.d_ptr;
    return (const void *)(value < image->base ? value + image->base : value);
}

bool shim_read_dynamic(const struct image *image, struct dynamic *dynamic)
{
    const ElfW(Phdr) *header = shim_segment(image, PT_DYNAMIC);
    if (header == NULL) {
        return false;
    }
    size_t relative_bytes = 0;
    for (const ElfW(Dyn) *entry = (const void *)(image->base + header->p_vaddr); entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            dynamic->symbols = pointer_of(image, entry);
            break;
        case DT_STRTAB:
            dynamic->names = pointer_of(image, entry);
            break;
        case DT_GNU_HASH:
            dynamic->gnu_hash = pointer_of(image, entry);
            break;
        case DT_HASH:
            dynamic->hash = pointer_of(image, entry);
            break;
        case DT_JMPREL:
            dynamic->jump_slots = pointer_of(image, entry);
            break;
        case DT_PLTRELSZ:
            dynamic->jump_slots_bytes = entry->d_un.d_val;
            break;
        case DT_RELA:
            dynamic->others = pointer_of(image, entry);
            break;
        case DT_RELASZ:
            dynamic->others_bytes = entry->d_un.d_val;
            break;
        case DT_RELACOUNT:
            relative_bytes = entry->d_un.d_val * sizeof *dynamic->others;
            break;
        default:
            break;
        }
    }
    /* Those without a symbol come first, a hundred thousand of them in a runtime: whole pages that nobody needs to read. */
    if (dynamic->others != NULL && relative_bytes <= dynamic->others_bytes) {
        dynamic->others += relative_bytes / sizeof *dynamic->others;
        dynamic->others_bytes -= relative_bytes;
    }
    return dynamic->symbols != NULL && dynamic->names != NULL;
}

static bool is_exported(const struct dynamic *dynamic, const ElfW(Sym) *symbol, const char *name)
{
    return symbol->st_shndx != SHN_UNDEF && strcmp(dynamic->names + symbol->st_name, name) == 0;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = GNU_HASH_SEED;
    for (; *name != '\0'; name++) {
        hash = hash * GNU_HASH_FACTOR + (unsigned char)*name;
    }
    return hash;
}

static const ElfW(Sym) *find_by_gnu_hash(const struct dynamic *dynamic, const char *name)
{
    const struct gnu_hash *header = (const void *)dynamic->gnu_hash;
    const uint32_t *buckets = (const uint32_t *)((const uint64_t *)(header + 1) + header->bloom_words);
    const uint32_t *chains = buckets + header->bucket_count;
    uint32_t hash = gnu_hash_of(name);
    uint32_t index = header->bucket_count > 0 ? buckets[hash % header->bucket_count] : 0;
    if (index < header->first_symbol) {
        return NULL;
    }
    for (;; index++) {
        uint32_t seen = chains[index - header->first_symbol];
        if ((seen | 1) == (hash | 1) && is_exported(dynamic, &dynamic->symbols[index], name)) {
            return &dynamic->symbols[index];
        }
        if (seen & 1) { /* the chain's last */
            return NULL;
        }
    }
}

static const ElfW(Sym) *find_symbol(const struct dynamic *dynamic, const char *name)
{
    if (dynamic->gnu_hash != NULL) {
        return find_by_gnu_hash(dynamic, name);
    }
    for (uint32_t i = 0; dynamic->hash != NULL && i < dynamic->hash[HASH_SYMBOL_COUNT]; i++) {
        if (is_exported(dynamic, &dynamic->symbols[i], name)) {
            return &dynamic->symbols[i];
        }
    }
    return NULL;
}

static int search_in(struct dl_phdr_info *object, size_t size, void *opaque)
{
    (void)size;
    struct search *search = opaque;
    struct image image = shim_image_of(object);
    struct dynamic dynamic = { 0 };
    bool this_library = shim_is_this_library(object);
    bool wanted = search->behind_us ? search->passed_us : !this_library;
    search->passed_us |= this_library;
    if (wanted && shim_read_dynamic(&image, &dynamic)) {
        const ElfW(Sym) *symbol = find_symbol(&dynamic, search->name);
        search->found = symbol != NULL ? (void *)(image.base + symbol->st_value) : NULL;
    }
    return search->in_executable || search->found != NULL;
}

void *shim_find_in_executable(const char *name)
{
    struct search search = { .name = name, .in_executable = true };
    dl_iterate_phdr(search_in, &search);
    return search.found;
}

/* Preloaded, what comes before us calls us: going on to it would never end. Opened later, everything is before us, and calls nothing here. */
void *shim_find_next(const char *name)
{
    struct search behind = { .name = name, .behind_us = true };
    dl_iterate_phdr(search_in, &behind);
    if (behind.found == NULL) {
        struct search anywhere = { .name = name };
        dl_iterate_phdr(search_in, &anywhere);
        return anywhere.found;
    }
    return behind.found;
}
