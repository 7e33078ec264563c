/* A process of any shape that dies in any way, always by the same chain: main, outer, middle, inner, and what that calls.
   Usage: victim KIND [THREADS [MAPPINGS]]: with that many threads in all, and that many mappings more. Where inner knows no such kind, it writes to NULL.
   "undumpable": its memory is closed to its own user; "blind": and it may open nothing; "deleted": its file is gone; "wait": it does not die.
   Prints "dying in PID". Exits with 2 when the system refuses what it needs. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CANNOT_BE_HAD 2
#define PAGE_BYTES 4096
#define PARKED_STACK_BYTES 32768
/* So large that the whole chain of an overflow is some dozens of frames, which no reader cuts. */
#define OVERFLOWING_FRAME_BYTES 200000
#define UNMAPPED_ADDRESS 0x1230
#define NON_CANONICAL_ADDRESS 0x5ca1ab1edeadbee0

static sem_t parked;

static void die_if(int is_failed, const char *what)
{
    if (is_failed) {
        perror(what);
        _exit(CANNOT_BE_HAD);
    }
}

static void *park(void *unused)
{
    sem_post(&parked);
    for (;;) {
        pause();
    }
    return unused;
}

static void start_threads(int count)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sem_init(&parked, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PARKED_STACK_BYTES);
    for (int i = 0; i < count; i++) {
        errno = pthread_create(&thread, &attributes, park, NULL);
        die_if(errno != 0, "pthread_create");
    }
    for (int i = 0; i < count; i++) {
        sem_wait(&parked);
    }
}

/* Every second page with other rights than its neighbours, or the kernel would make one mapping of all. */
static void map(int count)
{
    char *memory = mmap(NULL, (size_t)count * PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    die_if(memory == MAP_FAILED, "mmap");
    for (int i = 1; i < count; i += 2) {
        die_if(mprotect(memory + (size_t)i * PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE) != 0, "mprotect");
    }
}

static volatile int *page_beyond_its_file(void)
{
    char path[] = "/tmp/corpus-XXXXXX";
    int file = mkstemp(path);
    die_if(file < 0 || unlink(path) != 0, path);
    void *memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    die_if(memory == MAP_FAILED, "mmap");
    return memory;
}

/* What the kernel answers to a system call from now on. */
static void filter(unsigned number, unsigned action)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
    die_if(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0, "PR_SET_NO_NEW_PRIVS");
    die_if(syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0, "seccomp");
}

static void call_forbidden(void)
{
    filter(__NR_getppid, SECCOMP_RET_TRAP);
    getppid();
}

static int descend(int depth)
{
    volatile char frame[OVERFLOWING_FRAME_BYTES];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : descend(depth + 1) + frame[0];
}

static void inner(const char *kind)
{
    volatile int zero = 0;
    if (strcmp(kind, "unmapped") == 0) {
        *(volatile int *)UNMAPPED_ADDRESS = 1;
    } else if (strcmp(kind, "read-only") == 0) {
        *(volatile char *)"constant" = 1;
    } else if (strcmp(kind, "non-canonical") == 0) {
        *(volatile int *)NON_CANONICAL_ADDRESS = 1;
    } else if (strcmp(kind, "bus") == 0) {
        *page_beyond_its_file() = 1;
    } else if (strcmp(kind, "illegal") == 0) {
        __asm__ volatile("ud2");
    } else if (strcmp(kind, "division") == 0) {
        zero = PAGE_BYTES / zero;
    } else if (strcmp(kind, "trap") == 0) {
        __asm__ volatile("int3");
    } else if (strcmp(kind, "system-call") == 0) {
        call_forbidden();
    } else if (strcmp(kind, "abort") == 0) {
        abort();
    } else if (strcmp(kind, "overflow") == 0) {
        zero = descend(1);
    } else if (strcmp(kind, "call-null") == 0) {
        ((void (*volatile)(void))NULL)();
    } else if (strcmp(kind, "in-libc") == 0) {
        zero = (int)strlen((const char *volatile)UNMAPPED_ADDRESS);
    } else {
        *(volatile int *)NULL = 1;
    }
}

static void middle(const char *kind)
{
    inner(kind);
}

static void outer(const char *kind)
{
    middle(kind);
}

static void *run(void *kind)
{
    outer(kind);
    return NULL;
}

int main(int count, char **arguments)
{
    const char *kind = count > 1 ? arguments[1] : "";
    int threads = count > 2 ? atoi(arguments[2]) : 1;
    int is_on_thread = strcmp(kind, "thread") == 0;
    start_threads(threads - 1 - is_on_thread);
    if (count > 3) {
        map(atoi(arguments[3]));
    }
    if (strcmp(kind, "undumpable") == 0 || strcmp(kind, "blind") == 0) {
        die_if(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0, "PR_SET_DUMPABLE");
        if (strcmp(kind, "blind") == 0) {
            filter(__NR_openat, SECCOMP_RET_ERRNO | EPERM);
        }
    } else if (strcmp(kind, "deleted") == 0) {
        die_if(unlink(arguments[0]) != 0, arguments[0]);
    }
    printf("dying in %d\n", (int)getpid());
    fflush(stdout);
    if (strcmp(kind, "wait") == 0) {
        getchar();
    } else if (is_on_thread) {
        pthread_t thread;
        die_if(pthread_create(&thread, NULL, run, (void *)kind) != 0, "pthread_create");
        pthread_join(thread, NULL);
    } else {
        outer(kind);
    }
    return 0;
}
