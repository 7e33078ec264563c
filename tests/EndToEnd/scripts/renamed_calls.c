// What a runtime calls whose imports were renamed: each name leads on to the function that it stood for. With REFUSE_SLOTS in the environment, no page of
// libcoreclr.so that the loader has protected can be made writable again, as some security modules have it.
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigactiom(int signal, const struct sigaction *action, struct sigaction *former);
_Noreturn void abord(void);
pid_t forj(void);

int sigactiom(int signal, const struct sigaction *action, struct sigaction *former)
{
    return sigaction(signal, action, former);
}

_Noreturn void abord(void)
{
    abort();
}

pid_t forj(void)
{
    return fork();
}

static int is_protected(struct dl_phdr_info *object, size_t size, void *opaque)
{
    (void)size;
    if (strstr(object->dlpi_name, "/libcoreclr.so") == NULL) {
        return 0;
    }
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_RELRO && *(uintptr_t *)opaque - start < segment->p_memsz) {
            return 1;
        }
    }
    return 0;
}

int mprotect(void *address, size_t bytes, int protection)
{
    uintptr_t at = (uintptr_t)address;
    if (protection & PROT_WRITE && getenv("REFUSE_SLOTS") != NULL && dl_iterate_phdr(is_protected, &at)) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_mprotect, address, bytes, protection);
}
