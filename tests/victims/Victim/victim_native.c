// What a victim dies of in native code.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Stores to the address in rdi. In assembler, so that victim_fault_end is surely the first byte after it.
__asm__(".text\n"
        ".globl victim_fault\n"
        ".type victim_fault, @function\n"
        "victim_fault:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbp, -16\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    movl $1, (%rdi)\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size victim_fault, . - victim_fault\n"
        ".globl victim_fault_end\n"
        "victim_fault_end:\n");

void victim_abort(void);

void victim_abort(void)
{
    abort();
}

// As a sandboxed renderer: no new privileges, nobody's to trace, and no new sockets, no new programs, no files to write, for all threads.
int victim_restrict(void);

#define REFUSE_CALL(name) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

int victim_restrict(void)
{
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE_CALL(socket),
        REFUSE_CALL(connect),
        REFUSE_CALL(execve),
        REFUSE_CALL(execveat),
        REFUSE_CALL(ptrace),
        REFUSE_CALL(process_vm_readv),
        REFUSE_CALL(process_vm_writev),
        REFUSE_CALL(open),
        REFUSE_CALL(creat),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return errno;
    }

    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0 ? 0 : errno;
}

// Threads that wait in the kernel until they are told: a pipe's read, poll, a socket's recv, a futex, and a sleep that is not over yet.
enum { BLOCKED_CALLS = 5, BLOCKED_SLEEP_MS = 1500 };

static struct {
    int pipe[2];
    int polled[2];
    int sockets[2];
    sem_t semaphore;
    pthread_t threads[BLOCKED_CALLS];
    int errors[BLOCKED_CALLS];
} blocked;

static void *wait_in_call(void *index)
{
    int call = (int)(intptr_t)index;
    char byte;
    ssize_t result = -1;
    struct pollfd polled = {.fd = blocked.polled[0], .events = POLLIN};
    struct timespec sleep = {.tv_sec = BLOCKED_SLEEP_MS / 1000, .tv_nsec = BLOCKED_SLEEP_MS % 1000 * 1000000L};
    errno = 0;
    switch (call) {
    case 0: result = read(blocked.pipe[0], &byte, 1) - 1; break;
    case 1: result = poll(&polled, 1, -1) - 1; break;
    case 2: result = recv(blocked.sockets[0], &byte, 1, 0) - 1; break;
    case 3: result = sem_wait(&blocked.semaphore); break;
    case 4: result = nanosleep(&sleep, NULL); break;
    }
    blocked.errors[call] = result == 0 ? 0 : errno != 0 ? errno : EIO;
    return NULL;
}

int victim_block(void);

int victim_block(void)
{
    if (pipe(blocked.pipe) != 0 || pipe(blocked.polled) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, blocked.sockets) != 0
        || sem_init(&blocked.semaphore, 0, 0) != 0) {
        return -1;
    }
    for (intptr_t call = 0; call < BLOCKED_CALLS; call++) {
        if (pthread_create(&blocked.threads[call], NULL, wait_in_call, (void *)call) != 0) {
            return -1;
        }
    }
    return BLOCKED_CALLS;
}

int victim_unblock(void);

int victim_unblock(void)
{
    if (write(blocked.pipe[1], "", 1) != 1 || write(blocked.polled[1], "", 1) != 1 || send(blocked.sockets[1], "", 1, 0) != 1
        || sem_post(&blocked.semaphore) != 0) {
        return errno;
    }
    int error = 0;
    for (int call = 0; call < BLOCKED_CALLS; call++) {
        pthread_join(blocked.threads[call], NULL);
        error = error != 0 ? error : blocked.errors[call];
    }
    return error;
}
