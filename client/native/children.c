/*
 * What a new process of ours does between clone and execve: it shares the program's memory but not its table of
 * descriptors. Async-signal-safe, because a handler of our own is started from a signal handler too.
 */
#include "shim.h"
#include "syscalls.h"

#include <fcntl.h>

#define DIRECTORY_BYTES 4096u
#define KERNEL_SIGNALS 64
#define KERNEL_MASK_BYTES 8
#define DECIMAL 10

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* The kernel's own struct sigaction. All zero: the default action. */
struct kernel_action {
    uint64_t handler, flags, restorer, mask;
};

static int set_mask(int how, const uint64_t *mask, uint64_t *former)
{
    return (int)syscall(SYS_rt_sigprocmask, how, mask, former, KERNEL_MASK_BYTES);
}

/* Blocks every signal, so that none is handled in a child that shares our memory. */
void shim_block_signals(uint64_t *former)
{
    const uint64_t all = ~UINT64_C(0);
    set_mask(SIG_BLOCK, &all, former);
}

void shim_restore_signals(const uint64_t *former)
{
    set_mask(SIG_SETMASK, former, NULL);
}

/* Default actions and an empty mask: an ignored signal would stay ignored over execve. */
void shim_reset_signals(void)
{
    const struct kernel_action action = { 0 };
    const uint64_t none = 0;
    for (int signal = 1; signal <= KERNEL_SIGNALS; signal++) {
        syscall(SYS_rt_sigaction, signal, &action, NULL, KERNEL_MASK_BYTES);
    }
    set_mask(SIG_SETMASK, &none, NULL);
}

static int number_of(const char *name)
{
    int number = 0;
    for (; *name >= '0' && *name <= '9'; name++) {
        number = number * DECIMAL + (*name - '0');
    }
    return *name == '\0' ? number : -1;
}

static bool is_kept(const struct shim_kept *kept, int fd)
{
    return fd <= STDERR_FILENO || fd == kept->first || fd == kept->second;
}

/* Closes what one pass over the list shows, and says whether there was anything. */
static bool close_listed(int directory, const struct shim_kept *kept)
{
    _Alignas(struct directory_entry) char buffer[DIRECTORY_BYTES];
    bool any = false;
    long bytes;
    syscall(SYS_lseek, directory, 0, SEEK_SET);
    while ((bytes = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < bytes;) {
            const struct directory_entry *entry = (const void *)(buffer + at);
            int fd = entry->name[0] == '.' ? -1 : number_of(entry->name);
            if (fd >= 0 && fd != directory && !is_kept(kept, fd)) {
                sys_close(fd);
                any = true;
            }
            at += entry->length;
        }
    }
    return any;
}

static bool close_range_between(int below, int above)
{
    return below + 1 >= above || syscall(SYS_close_range, (unsigned)below + 1, (unsigned)above - 1, 0) == 0;
}

/* Everything above 2 but the kept ones; on Linux before 5.9 by what /proc lists. */
static void close_others(const struct shim_kept *kept)
{
    int low = kept->first < kept->second ? kept->first : kept->second;
    int high = kept->first < kept->second ? kept->second : kept->first;
    low = low > STDERR_FILENO ? low : STDERR_FILENO;
    high = high > low ? high : low;
    if (close_range_between(STDERR_FILENO, low) && close_range_between(low, high)
        && syscall(SYS_close_range, (unsigned)high + 1, ~0u, 0) == 0) {
        return;
    }
    int directory = sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (directory >= 0 && close_listed(directory, kept)) {
    }
}

/* Keeps a descriptor over execve; -1: none. */
static bool keep(int fd)
{
    return fd < 0 || syscall(SYS_fcntl, fd, F_SETFD, 0) == 0;
}

/* 0 to 2 on /dev/null, the kept descriptors at their numbers, nothing else; signals, limits and priorities as new; the root as working directory. */
int shim_become_clean(const struct shim_kept *kept)
{
    close_others(kept);
    if (!keep(kept->first) || !keep(kept->second)) {
        return errno;
    }
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fd == kept->first || fd == kept->second) {
            continue;
        }
        sys_close(fd);
        if (sys_open("/dev/null", O_RDWR) < 0) { /* the lowest free number: this one */
            return errno;
        }
    }
    if (syscall(SYS_chdir, "/") != 0) {
        return errno;
    }
    shim_reset_signals();
    shim_shed_inherited();
    return 0;
}
