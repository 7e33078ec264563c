/*
 * What the kernel keeps from the handler, this process opens itself: who may read such a file is checked when it is opened. Runs in
 * signal handlers.
 */
#include "shim.h"
#include "syscalls.h"

#include <sys/prctl.h>

/* Not "self": the first thread may have ended before the one that reports, and its memory is none. */
static const char *const files[CH_HANDED_FILES] = { "/proc/thread-self/mem", "/proc/thread-self/maps", "/proc/thread-self/auxv" };

static int open_file(const char *path, int32_t *error)
{
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == EMFILE && shim_allow_more_descriptors()) {
        fd = sys_open(path, O_RDONLY | O_CLOEXEC);
    }
    *error = fd < 0 ? errno : 0;
    return fd;
}

/* The files of a process that is not dumpable are root's. Of other values than 0 and 1 none can be put back: they stay. */
static bool make_dumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

/* Answers HandOver. Without an answer the handler does with less, so that a failure is none of the report's. */
void shim_hand_over(int64_t deadline)
{
    int32_t errors[CH_HANDED_FILES] = { 0 };
    int opened[CH_HANDED_FILES] = { 0 };
    uint32_t count = 0;
    bool changed = make_dumpable();
    for (uint32_t i = 0; i < CH_HANDED_FILES; i++) {
        int fd = open_file(files[i], &errors[i]);
        if (fd >= 0) {
            opened[count++] = fd;
        }
    }
    if (changed) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    struct ch_handed_over answer = { .mem_error = errors[0], .maps_error = errors[1], .auxv_error = errors[2] };
    shim_send_with(shim_connections.crash, CH_FRAME_HANDED_OVER, 0, &answer, sizeof answer, opened, count, deadline);
    while (count > 0) {
        sys_close(opened[--count]);
    }
}
