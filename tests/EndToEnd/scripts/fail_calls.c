/*
 * fail_calls DIRECTORY SPARED PROGRAM [ARGUMENT...]: runs a program whose calls on files below DIRECTORY, but for those with SPARED in their name, fail with EIO as it is told:
 * by the kernel (seccomp_unotify(2)), so that the program, and what it starts, cannot tell it from a disk that fails. Reads "fail N" (from now on the N-th call fails, once; 0: none),
 * "all" (every call does) and "calls" from standard input; answers each with the number of calls since the last "fail", and what failed: "12 fsync /path". Ends when its input does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ON_DESCRIPTOR, ON_PATH, ON_PATH_AT };

static const struct {
    int number;
    int kind;
    const char *name;
} calls[] = {
    { SYS_open, ON_PATH, "open" }, { SYS_openat, ON_PATH_AT, "openat" }, { SYS_read, ON_DESCRIPTOR, "read" }, { SYS_pread64, ON_DESCRIPTOR, "pread64" },
    { SYS_write, ON_DESCRIPTOR, "write" }, { SYS_pwrite64, ON_DESCRIPTOR, "pwrite64" }, { SYS_writev, ON_DESCRIPTOR, "writev" }, { SYS_pwritev, ON_DESCRIPTOR, "pwritev" },
    { SYS_fsync, ON_DESCRIPTOR, "fsync" }, { SYS_fdatasync, ON_DESCRIPTOR, "fdatasync" }, { SYS_ftruncate, ON_DESCRIPTOR, "ftruncate" }, { SYS_rename, ON_PATH, "rename" },
    { SYS_renameat, ON_PATH_AT, "renameat" }, { SYS_unlink, ON_PATH, "unlink" }, { SYS_unlinkat, ON_PATH_AT, "unlinkat" }, { SYS_mkdir, ON_PATH, "mkdir" },
    { SYS_getdents64, ON_DESCRIPTOR, "getdents64" }, { SYS_chmod, ON_PATH, "chmod" }, { SYS_fchmod, ON_DESCRIPTOR, "fchmod" }, { SYS_statx, ON_PATH_AT, "statx" },
};

#define CALLS (sizeof calls / sizeof *calls)

static char failed[4096 + 64] = "none";
static long made, failing;

/* The file that a call is about; empty: none that is known. */
static void path_of(const struct seccomp_notif *asked, int kind, char *path, size_t size)
{
    char link[64];
    path[0] = 0;
    if (kind == ON_DESCRIPTOR) {
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)asked->pid, (int)asked->data.args[0]);
        ssize_t length = readlink(link, path, size - 1);
        path[length > 0 ? length : 0] = 0;
        return;
    }
    unsigned long long from = asked->data.args[kind == ON_PATH ? 0 : 1];
    for (size_t done = 0; done + 256 < size; done += 256) {
        struct iovec local = { path + done, 256 }, remote = { (void *)(from + done), 256 - ((from + done) & 255) };
        local.iov_len = remote.iov_len;
        ssize_t read = process_vm_readv((pid_t)asked->pid, &local, 1, &remote, 1, 0);
        if (read <= 0) {
            path[done] = 0;
            return;
        }
        if (memchr(path + done, 0, (size_t)read)) {
            return;
        }
        done -= 256 - (size_t)read;
    }
    path[size - 1] = 0;
}

static void decide(int listener, const char *directory, const char *spared)
{
    struct seccomp_notif asked;
    struct seccomp_notif_resp answer;
    memset(&asked, 0, sizeof asked);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
        return;
    }
    memset(&answer, 0, sizeof answer);
    answer.id = asked.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    size_t call = 0;
    while (call < CALLS - 1 && calls[call].number != asked.data.nr) {
        call++;
    }
    char path[4096];
    path_of(&asked, calls[call].kind, path, sizeof path);
    if (strncmp(path, directory, strlen(directory)) == 0 && !strstr(path, spared)) {
        made++;
        if (failing < 0 || made == failing) {
            answer.flags = 0;
            answer.error = -EIO;
            snprintf(failed, sizeof failed, "%s %s", calls[call].name, path);
        }
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static int listen_to_self(void)
{
    struct sock_filter filter[CALLS + 3];
    filter[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++) {
        filter[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, (unsigned char)(CALLS - i), 0);
    }
    filter[CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[CALLS + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = { CALLS + 3, filter };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1 : (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void hand_over(int socket, int file)
{
    char byte = 0, room[CMSG_SPACE(sizeof file)];
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
    if (file >= 0) {
        memset(room, 0, sizeof room);
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file) };
        memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    sendmsg(socket, &message, 0);
}

static int taken_over(int socket)
{
    int file = -1;
    char byte, room[CMSG_SPACE(sizeof file)];
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *header = recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header) {
        memcpy(&file, CMSG_DATA(header), sizeof file);
    }
    return file;
}

int main(int count, char **arguments)
{
    if (count < 4) {
        return 2;
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        perror("socketpair");
        return 1;
    }
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
        /* sendmsg(2) is none of the calls that wait for an answer. */
        hand_over(pair[1], listen_to_self());
        execv(arguments[3], arguments + 3);
        _exit(127);
    }
    close(pair[1]);
    int listener = taken_over(pair[0]);
    if (listener < 0) {
        fprintf(stderr, "the kernel does not let a program decide on another one's calls (seccomp_unotify(2))\n");
        return 1;
    }
    printf("pid %d\n", (int)child);
    fflush(stdout);
    char line[64];
    size_t length = 0;
    for (;;) {
        struct pollfd files[] = { { listener, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
        if (poll(files, 2, -1) < 0) {
            return 1;
        }
        if (files[0].revents & POLLIN) {
            decide(listener, arguments[1], arguments[2]);
        } else if (files[0].revents) {
            return 0;
        }
        if (files[1].revents) {
            if (length == sizeof line - 1 || read(STDIN_FILENO, line + length, 1) != 1) {
                kill(child, SIGKILL);
                return 0;
            }
            if (line[length++] == '\n') {
                line[length] = 0;
                length = 0;
                long wanted;
                printf("%ld %s\n", made, failed);
                fflush(stdout);
                if (sscanf(line, "fail %ld", &wanted) == 1 || (strcmp(line, "all\n") == 0 && (wanted = -1))) {
                    made = 0;
                    failing = wanted;
                    strcpy(failed, "none");
                }
            }
        }
    }
}
