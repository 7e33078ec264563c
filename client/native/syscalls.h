/*
 * The system calls of the crash path, made directly: libc's functions of these names are cancellation points, and other
 * preloaded libraries take them over. Each returns -1 with errno, like libc's.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int sys_close(int fd)
{
    return (int)syscall(SYS_close, fd);
}

static inline int sys_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static inline int sys_duplicate_from(int fd, int command, int lowest)
{
    return (int)syscall(SYS_fcntl, fd, command, lowest);
}

/* item NULL: only waits. */
static inline int sys_poll(struct pollfd *item, int milliseconds)
{
    return (int)syscall(SYS_poll, item, item != NULL ? 1ul : 0ul, milliseconds);
}

static inline int sys_socket(int domain, int type)
{
    return (int)syscall(SYS_socket, domain, type, 0);
}

static inline int sys_connect(int fd, const void *address, socklen_t bytes)
{
    return (int)syscall(SYS_connect, fd, address, bytes);
}

static inline int sys_getsockopt(int fd, int level, int option, void *value, socklen_t *bytes)
{
    return (int)syscall(SYS_getsockopt, fd, level, option, value, bytes);
}

static inline ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return syscall(SYS_sendmsg, fd, message, flags);
}

static inline ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    return syscall(SYS_recvmsg, fd, message, flags);
}

#endif
