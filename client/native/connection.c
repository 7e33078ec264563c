/* Sockets and frames. Everything here may run in a signal handler: no allocation, no lock, no stdio, errno is the caller's. */
#include "shim.h"
#include "syscalls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct shim_connections shim_connections = { .control = -1, .crash = -1, .pidfd = -1 };

/* Waits until fd has one of `events`, or the deadline passes. */
static int wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - shim_now();
        if (left <= 0) {
            return ETIMEDOUT;
        }
        struct pollfd item = { .fd = fd, .events = events };
        int ready = sys_poll(&item, (int)((left + 999999) / 1000000));
        if (ready > 0) {
            return 0;
        }
        if (ready < 0 && errno == EINVAL) {
            /* The program lowered its limit of open files to none, and poll refuses to look at even one: the caller tries again. */
            sys_poll(NULL, SHIM_WAIT_STEP_MS);
            return 0;
        }
        if (ready < 0 && errno != EINTR) {
            return errno;
        }
    }
}

static void attach_descriptors(struct msghdr *message, char *control, const int *descriptors, uint32_t count)
{
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(count * sizeof *descriptors);
    struct cmsghdr *item = CMSG_FIRSTHDR(message);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(count * sizeof *descriptors);
    memcpy(CMSG_DATA(item), descriptors, count * sizeof *descriptors);
}

/* Sends one frame with at most SHIM_MAX_SENT descriptors. */
int shim_send_with(int fd, uint16_t type, uint32_t request, const void *payload, uint32_t length, const int *descriptors,
                   uint32_t count, int64_t deadline)
{
    struct ch_frame_header header = { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, type, length, request };
    struct iovec parts[2] = { { &header, sizeof header }, { (void *)payload, length } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1 };
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(SHIM_MAX_SENT * sizeof *descriptors)] = { 0 };
    if (count > 0) {
        attach_descriptors(&message, control, descriptors, count);
    }
    for (;;) {
        if (sys_sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            return 0;
        }
        int error = errno;
        if (error == EAGAIN) {
            error = wait_for(fd, POLLOUT, deadline);
        }
        if (error != 0 && error != EINTR) {
            return error;
        }
    }
}

/* Sends one frame; descriptor -1: none. */
int shim_send(int fd, uint16_t type, uint32_t request, const void *payload, uint32_t length, int descriptor, int64_t deadline)
{
    return shim_send_with(fd, type, request, payload, length, &descriptor, descriptor >= 0, deadline);
}

static int check_packet(const struct ch_frame_header *header, size_t bytes, bool truncated, uint32_t capacity)
{
    if (bytes == 0) {
        return ECONNRESET;
    }
    if (bytes < sizeof *header || header->magic != CH_FRAME_MAGIC || header->length > CH_MAX_PAYLOAD_BYTES) {
        return EBADMSG;
    }
    if (truncated) {
        return capacity == 0 ? 0 : EMSGSIZE;
    }
    return header->length == bytes - sizeof *header ? 0 : EBADMSG;
}

/*
 * Receives one frame. With capacity 0 the payload is not wanted and dropped; otherwise EMSGSIZE if it does not fit.
 * ECONNRESET: the handler closed the connection.
 */
int shim_receive(int fd, struct ch_frame_header *header, void *buffer, uint32_t capacity, int64_t deadline)
{
    for (;;) {
        struct iovec parts[2] = { { header, sizeof *header }, { buffer, capacity } };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = capacity > 0 ? 2 : 1 };
        ssize_t bytes = sys_recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (bytes >= 0) {
            return check_packet(header, (size_t)bytes, (message.msg_flags & MSG_TRUNC) != 0, capacity);
        }
        int error = errno;
        if (error == EAGAIN) {
            error = wait_for(fd, POLLIN, deadline);
        }
        if (error != 0 && error != EINTR) {
            return error;
        }
    }
}

/* Moves a descriptor of ours to a high number; keeps it where it is when the limit of open files forbids that. */
int shim_high_descriptor(int fd)
{
    if (fd < 0 || fd >= SHIM_LOWEST_DESCRIPTOR) {
        return fd;
    }
    int high = sys_duplicate_from(fd, F_DUPFD_CLOEXEC, SHIM_LOWEST_DESCRIPTOR);
    if (high < 0) {
        return fd;
    }
    sys_close(fd);
    return high;
}

static int connect_until(int fd, const struct sockaddr_un *address, int64_t deadline)
{
    while (sys_connect(fd, address, sizeof *address) != 0) {
        /* EAGAIN: the handler's queue of connections is full; a Unix socket has nothing to poll for here. */
        if (errno != EINTR && errno != EAGAIN) {
            return errno;
        }
        if (shim_now() >= deadline) {
            return ETIMEDOUT;
        }
        if (errno == EAGAIN) {
            sys_poll(NULL, SHIM_WAIT_STEP_MS);
        }
    }
    return 0;
}

/*
 * On a crash connection the block comes with the Hello: the handler may be another one than this process registered with, and
 * the report is to have its parameters all the same.
 */
static int say_hello(int fd, uint16_t role, int64_t deadline)
{
    struct ch_hello hello = { .role = role, .hooks = shim_hooks(), .pid = shim_pid(), .tid = shim_tid() };
    int block = role == CH_ROLE_CRASH ? shim_block_descriptor() : -1;
    int error = shim_send(fd, CH_FRAME_HELLO, 0, &hello, sizeof hello, block, deadline);
    if (error == EBADF && block >= 0) {
        error = shim_send(fd, CH_FRAME_HELLO, 0, &hello, sizeof hello, -1, deadline); /* the program closed it */
    }
    return error;
}

static int greet(int fd, uint16_t role, struct shim_welcome *welcome, int64_t deadline)
{
    int error = say_hello(fd, role, deadline);
    if (error != 0) {
        return error;
    }
    struct ch_frame_header header;
    error = shim_receive(fd, &header, welcome->buffer, welcome->capacity, deadline);
    if (error != 0) {
        return error;
    }
    welcome->type = header.type;
    welcome->length = header.length;
    return header.type == CH_FRAME_WELCOME ? 0 : EPROTO;
}

/*
 * Who listens must be this process's user or root. The directory of the address may be gone and made anew by somebody else, for whom
 * nothing of this process is. SO_PEERCRED is of who called listen().
 */
static int check_listener(int connection)
{
    struct ucred peer = { .uid = (uid_t)-1 };
    socklen_t length = sizeof peer;
    if (sys_getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return errno;
    }
    bool ours = peer.uid == 0 || peer.uid == (uid_t)syscall(SYS_getuid) || peer.uid == (uid_t)syscall(SYS_geteuid);
    return ours ? 0 : EACCES;
}

/* A new connection of the given role, greeted and welcomed. EACCES: its listener is somebody else's. EPROTO: refused, the Refusal's payload is in `welcome`. */
int shim_open(const char *address, uint16_t role, struct shim_welcome *welcome, int64_t deadline, int *fd)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    size_t length = strlen(address);
    if (length >= sizeof name.sun_path) {
        return ENAMETOOLONG;
    }
    memcpy(name.sun_path, address, length);
    int connection = shim_high_descriptor(sys_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection < 0) {
        return errno;
    }
    int error = connect_until(connection, &name, deadline);
    if (error == 0) {
        error = check_listener(connection);
    }
    if (error == 0) {
        error = greet(connection, role, welcome, deadline);
    }
    if (error != 0) {
        sys_close(connection);
        return error;
    }
    *fd = connection;
    return 0;
}

/* 0: no socket. */
uint64_t shim_socket_inode(int fd)
{
    struct stat status;
    return syscall(SYS_fstat, fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

static void close_descriptor(int fd)
{
    if (fd >= 0) {
        sys_close(fd);
    }
}

/* 0: not visible in this pid namespace. */
static pid_t peer_of(int connection)
{
    struct ucred peer = { 0 };
    socklen_t length = sizeof peer;
    sys_getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    return peer.pid;
}

/* Makes `crash` the connection that a report uses, and its peer the handler that may trace this process. */
void shim_adopt_crash_connection(int crash, pid_t handler)
{
    shim_connections.handler = handler;
    shim_connections.pidfd = handler > 0 ? shim_high_descriptor((int)syscall(SYS_pidfd_open, handler, 0)) : -1;
    shim_connections.crash_inode = shim_socket_inode(crash);
    shim_connections.owner = shim_pid();
    __atomic_store_n(&shim_connections.crash, crash, __ATOMIC_RELEASE);
}

/* False: there is none, a parent's was inherited by fork, or the program closed it and the number is something else now. */
bool shim_crash_connection_stands(void)
{
    int crash = __atomic_load_n(&shim_connections.crash, __ATOMIC_ACQUIRE);
    return crash >= 0 && shim_connections.owner == shim_pid() && shim_socket_inode(crash) == shim_connections.crash_inode;
}

/* Also a forked child's copy of its parent's connection: it may need the number. */
void shim_drop_crash_connection(void)
{
    if (shim_connections.crash >= 0 && shim_socket_inode(shim_connections.crash) == shim_connections.crash_inode) {
        close_descriptor(shim_connections.crash);
        close_descriptor(shim_connections.pidfd);
    }
    shim_connections.crash = -1;
    shim_connections.pidfd = -1;
}

static void prepare_single_shot(const struct shim_welcome *received)
{
    const struct ch_welcome *fields = received->buffer;
    const char *strings = (const char *)(fields + 1);
    if (received->length >= sizeof *fields + fields->database_length + fields->url_length) {
        shim_single_shot_prepare(strings, fields->database_length, strings + fields->database_length, fields->url_length,
                                 shim_connections.handler);
    }
}

/* What the caller wanted of the Welcome, or of the Refusal. */
static int hand_over(const struct shim_welcome *received, struct shim_welcome *welcome)
{
    bool fits = received->length <= welcome->capacity;
    uint32_t held = fits ? received->length : welcome->capacity;
    welcome->type = received->type;
    welcome->length = received->length;
    if (held > 0) {
        memcpy(welcome->buffer, received->buffer, held);
    }
    return fits || welcome->capacity == 0 ? 0 : EMSGSIZE;
}

/* The same for the control connection. */
bool shim_control_stands(void)
{
    int control = __atomic_load_n(&shim_connections.control, __ATOMIC_ACQUIRE);
    return control >= 0 && shim_connections.owner == shim_pid()
        && shim_socket_inode(control) == __atomic_load_n(&shim_connections.control_inode, __ATOMIC_ACQUIRE);
}

static pid_t reporting; /* the process whose report uses the connections, 0: none */
static pid_t replacing; /* the thread that replaces them, 0: none */

/* On the crash path: the connections stay what they are from now on, however often the handler is restarted meanwhile. */
void shim_hold_connections(void)
{
    __atomic_store_n(&reporting, shim_pid(), __ATOMIC_SEQ_CST);
    int64_t deadline = shim_deadline(SHIM_REPLACE_LIMIT_MS);
    for (;;) {
        pid_t other = __atomic_load_n(&replacing, __ATOMIC_SEQ_CST);
        if (other == 0 || other == shim_tid() || shim_now() >= deadline) {
            return;
        }
        sys_poll(NULL, 1);
    }
}

/* False: a report uses them. */
static bool begin_replacing(void)
{
    __atomic_store_n(&replacing, shim_tid(), __ATOMIC_SEQ_CST);
    bool allowed = __atomic_load_n(&reporting, __ATOMIC_SEQ_CST) != shim_pid();
    if (!allowed) {
        __atomic_store_n(&replacing, 0, __ATOMIC_SEQ_CST);
    }
    return allowed;
}

static void end_replacing(void)
{
    __atomic_store_n(&replacing, 0, __ATOMIC_SEQ_CST);
}

/* Closes the connections that were replaced, as far as they are still ours; a waiter on the control connection wakes. */
static void close_replaced(const struct shim_connections *old, bool control_stood, bool crash_stood)
{
    if (control_stood) {
        shutdown(old->control, SHUT_RDWR);
        sys_close(old->control);
    }
    if (crash_stood) {
        sys_close(old->crash);
        close_descriptor(old->pidfd);
    }
}

/* Replaces both connections; on failure the earlier ones stay. EBUSY: this process is being reported. */
int shim_connect_both(const char *address, struct shim_welcome *welcome, int64_t control_limit_ms, int64_t crash_limit_ms)
{
    static _Alignas(struct ch_welcome) uint8_t payload[CH_MAX_PAYLOAD_BYTES];
    struct shim_welcome received = { .buffer = payload, .capacity = sizeof payload };
    int control = -1;
    int crash = -1;
    int error = shim_open(address, CH_ROLE_CONTROL, &received, shim_deadline(control_limit_ms), &control);
    int unfit = hand_over(&received, welcome);
    if (error == 0 && unfit != 0) {
        sys_close(control);
        error = unfit;
    }
    if (error != 0) {
        return error;
    }
    struct shim_welcome ignored = { 0 };
    error = shim_open(address, CH_ROLE_CRASH, &ignored, shim_deadline(crash_limit_ms), &crash);
    if (error != 0) {
        sys_close(control);
        return error;
    }
    if (!begin_replacing()) {
        sys_close(control);
        sys_close(crash);
        return EBUSY;
    }
    struct shim_connections old = shim_connections;
    bool control_stood = shim_control_stands();
    bool crash_stood = shim_crash_connection_stands();
    __atomic_store_n(&shim_connections.crash, -1, __ATOMIC_RELEASE);
    memmove(shim_connections.address, address, strlen(address) + 1);
    __atomic_store_n(&shim_connections.control_inode, shim_socket_inode(control), __ATOMIC_RELEASE);
    __atomic_store_n(&shim_connections.control, control, __ATOMIC_RELEASE);
    shim_adopt_crash_connection(crash, peer_of(crash));
    prepare_single_shot(&received);
    end_replacing();
    close_replaced(&old, control_stood, crash_stood);
    return 0;
}

/*
 * A handler that just died, and one that is stopped, are no reason to go without: the next one may be there when this process dies, or it starts
 * one for itself. What a handler has to be known by it left in the lock file of its address; without that file there is none to come. Not for the crash path.
 */
bool shim_await_handler(const char *address, int error)
{
    char lock[SHIM_ADDRESS_BYTES + sizeof CH_LOCK_SUFFIX];
    size_t length = strlen(address);
    bool is_gone = error == ECONNREFUSED || error == ENOENT || error == ECONNRESET || error == EPIPE || error == ETIMEDOUT;
    if (!is_gone || length >= SHIM_ADDRESS_BYTES) {
        return false;
    }
    memcpy(lock, address, length);
    memcpy(lock + length, CH_LOCK_SUFFIX, sizeof CH_LOCK_SUFFIX);
    if (syscall(SYS_faccessat, AT_FDCWD, lock, R_OK) != 0) {
        return false;
    }
    memcpy(shim_connections.address, address, length + 1);
    shim_single_shot_prepare_unwelcomed(address);
    return true;
}

/* The program used up its descriptors: the dying process may have as many as the hard limit allows. */
bool shim_allow_more_descriptors(void)
{
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL) == 0;
}

/* On the crash path: a fresh crash connection to the same address, whoever listens there now. */
int shim_reconnect_crash(int64_t deadline)
{
    if (shim_connections.address[0] == '\0') {
        return ENOTCONN;
    }
    shim_drop_crash_connection(); /* First, because the program may have used up every other descriptor. */
    int crash = -1;
    struct shim_welcome ignored = { 0 };
    int error = shim_open(shim_connections.address, CH_ROLE_CRASH, &ignored, deadline, &crash);
    if (error == EMFILE && shim_allow_more_descriptors()) {
        error = shim_open(shim_connections.address, CH_ROLE_CRASH, &ignored, deadline, &crash);
    }
    if (error == 0) {
        shim_adopt_crash_connection(crash, peer_of(crash));
    }
    return error;
}
