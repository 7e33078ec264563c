/* The registration block: shared memory that outlives the process. */
#include "shim.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1u
#define MFD_ALLOW_SEALING 2u
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#endif

static int block_descriptor = -1;
static pid_t block_owner;
static void *block_memory;

static void write_header(struct ch_block_header *header)
{
    header->magic = CH_BLOCK_MAGIC;
    header->version = CH_PROTOCOL_VERSION;
    header->header_size = CH_BLOCK_HEADER_BYTES;
    header->capacity = CH_BLOCK_CAPACITY;
}

/* Beyond the limit, ftruncate does not only fail: the kernel sends SIGXFSZ, which ends the program. */
static bool is_too_long(void)
{
    struct rlimit limit;
    return syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 && limit.rlim_cur < CH_BLOCK_BYTES;
}

static int seal_and_map(int fd)
{
    if (is_too_long()) {
        return EFBIG;
    }
    if (ftruncate(fd, CH_BLOCK_BYTES) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return errno;
    }
    void *memory = mmap(NULL, CH_BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        return errno;
    }
    write_header(memory);
    block_memory = memory;
    return 0;
}

/* -1: there is none, or it is what a parent said of itself before it forked this process. Async-signal-safe. */
int shim_block_descriptor(void)
{
    return block_owner == shim_pid() ? block_descriptor : -1;
}

/* Makes the block if there is none. */
int shim_block(void **memory, int *descriptor)
{
    if (block_memory == NULL) {
        int fd = shim_high_descriptor((int)syscall(SYS_memfd_create, "crash-handler", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        if (fd < 0) {
            return errno;
        }
        int error = seal_and_map(fd);
        if (error != 0) {
            close(fd);
            return error;
        }
        block_descriptor = fd;
        block_owner = shim_pid();
    }
    *memory = block_memory;
    *descriptor = block_descriptor;
    return 0;
}
