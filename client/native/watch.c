/* Waits for the end of the handler. Not for the crash path. */
#include "shim.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>

/* Milliseconds between two looks at the descriptor itself: a program that closes every descriptor it does not know closes ours
   too, and poll, which goes on with the connection it began with, would not say so. */
#define LOOK_MS 30000

static int wait_on(int fd, uint64_t inode)
{
    struct pollfd item = { .fd = fd }; /* hang-ups and errors come unasked */
    while (item.revents == 0 && shim_socket_inode(fd) == inode) {
        if (poll(&item, 1, LOOK_MS) < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/*
 * 0: the connection is of no more use, because the handler is gone or the program closed it. ECANCELED: it was replaced.
 * A descriptor of its own, so that its number cannot become another file's between the look and the poll.
 */
int shim_wait_for_hangup(void)
{
    uint64_t inode = __atomic_load_n(&shim_connections.control_inode, __ATOMIC_ACQUIRE);
    if (!shim_control_stands()) {
        return shim_connections.owner == shim_pid() && shim_connections.control >= 0 ? 0 : ENOTCONN;
    }
    int own = fcntl(shim_connections.control, F_DUPFD_CLOEXEC, SHIM_LOWEST_DESCRIPTOR);
    if (own < 0) {
        return errno == EBADF ? 0 : errno;
    }
    bool is_ours = shim_socket_inode(own) == inode;
    int error = is_ours ? wait_on(own, inode) : 0;
    if (!is_ours || shim_socket_inode(own) == inode) {
        close(own);
    }
    return __atomic_load_n(&shim_connections.control_inode, __ATOMIC_ACQUIRE) != inode ? ECANCELED : error;
}
