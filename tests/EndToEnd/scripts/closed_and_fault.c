/*
 * Closes itself as its arguments say, says "ready", waits for a line, and faults at 0x1230 beside two threads that only wait.
 * "undumpable": its memory is closed to its own user. "blind": it may open nothing any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MARKER 0x5ca1ab1edeadbeefull

static void *wait_for_ever(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

static void check(int result, const char *what)
{
    if (result != 0) {
        perror(what);
        exit(97);
    }
}

static void refuse_open(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), "PR_SET_SECCOMP");
}

static __attribute__((noinline)) int fault(void)
{
    volatile unsigned long long marker[8];
    for (int i = 0; i < 8; i++) {
        marker[i] = MARKER;
    }
    *(volatile int *)0x1230 = 1;
    return marker[0] == MARKER;
}

int main(int count, char **arguments)
{
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, wait_for_ever, NULL), "pthread_create");
    }
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "undumpable") == 0) {
            check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
        } else if (strcmp(arguments[i], "blind") == 0) {
            refuse_open();
        }
    }
    puts("ready");
    fflush(stdout);
    getchar();
    return fault();
}
