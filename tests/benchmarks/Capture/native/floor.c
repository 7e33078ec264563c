// What the kernel takes for the least that a crash reporter does to a process with many threads: floor PID FILE. Seizes, interrupts and waits for every
// thread, reads its two register sets and its name, the maps, and 3.5 KiB of each stack in vectored reads; one write; detaches. Prints nanoseconds.
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 8192, STACK_BYTES = 3584, VECTORS = 1024, MAPS_BYTES = 16 << 20, NAME_BYTES = 16 };

struct thread {
    struct user_regs_struct general;
    struct user_fpregs_struct floating;
    char name[NAME_BYTES];
    char stack[STACK_BYTES];
};

static struct thread *threads;
static char *maps;
static pid_t tids[MAX_THREADS];

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void require(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
    }
}

int main(int count, char **arguments)
{
    require(count == 3, "usage: floor PID FILE");
    pid_t pid = atoi(arguments[1]);
    threads = calloc(MAX_THREADS, sizeof *threads);
    maps = malloc(MAPS_BYTES);
    // Touched, as in a handler that is not at its first crash.
    memset(maps, 1, MAPS_BYTES);
    memset(threads, 1, MAX_THREADS * sizeof *threads);
    int file = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(file >= 0, "open");
    char path[64];

    long long began = now();
    int known = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    for (int before = -1; before != known;) {
        before = known;
        DIR *directory = opendir(path);
        require(directory != NULL, path);
        for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
            pid_t tid = atoi(entry->d_name);
            int isNew = tid > 0 && known < MAX_THREADS;
            // The kernel lists them in order, and so are they kept.
            for (int i = before - 1; isNew && i >= 0; i--) {
                isNew = tids[i] != tid;
            }

            if (isNew && ptrace(PTRACE_SEIZE, tid, 0, 0) == 0) {
                ptrace(PTRACE_INTERRUPT, tid, 0, 0);
                tids[known++] = tid;
            }
        }

        closedir(directory);
        for (int i = before; i < known; i++) {
            int status;
            require(waitpid(tids[i], &status, __WALL) == tids[i], "waitpid");
        }

        if (before > 0) {
            break;
        }
    }

    for (int i = 0; i < known; i++) {
        struct iovec vector = { &threads[i].general, sizeof threads[i].general };
        require(ptrace(PTRACE_GETREGSET, tids[i], NT_PRSTATUS, &vector) == 0, "general registers");
        vector = (struct iovec){ &threads[i].floating, sizeof threads[i].floating };
        require(ptrace(PTRACE_GETREGSET, tids[i], NT_PRFPREG, &vector) == 0, "floating registers");
        snprintf(path, sizeof path, "/proc/%d/task/%d/comm", pid, tids[i]);
        int name = open(path, O_RDONLY | O_CLOEXEC);
        require(name >= 0 && read(name, threads[i].name, NAME_BYTES) > 0, path);
        close(name);
    }

    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    int source = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t got; (got = read(source, maps + length, MAPS_BYTES - length)) > 0;) {
        length += (size_t)got;
    }

    close(source);
    for (int first = 0; first < known; first += VECTORS) {
        static struct iovec to[VECTORS], from[VECTORS];
        int vectors = known - first < VECTORS ? known - first : VECTORS;
        for (int i = 0; i < vectors; i++) {
            to[i] = (struct iovec){ threads[first + i].stack, STACK_BYTES };
            from[i] = (struct iovec){ (void *)threads[first + i].general.rsp, STACK_BYTES };
        }

        // A stack that is shorter than that ends the read: one at a time behind it.
        ssize_t got = process_vm_readv(pid, to, (unsigned long)vectors, from, (unsigned long)vectors, 0);
        for (int i = got < 0 ? 0 : (int)(got / STACK_BYTES); i < vectors; i++) {
            (void)!process_vm_readv(pid, &to[i], 1, &from[i], 1, 0);
        }
    }

    struct iovec all[] = { { threads, (size_t)known * sizeof *threads }, { maps, length } };
    require(writev(file, all, 2) > 0, "writev");
    for (int i = 0; i < known; i++) {
        ptrace(PTRACE_DETACH, tids[i], 0, 0);
    }

    printf("%lld %d\n", now() - began, known);
    return 0;
}
