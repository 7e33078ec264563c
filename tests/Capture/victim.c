/* A process to capture: N named threads that count, and one that faults, builds a CrashNotice in its signal handler, prints it
   and then answers one-letter commands, as a reporting thread would wait for its handler. Ends at the end of its input.
   Usage: victim N segv|overflow|nullcall|datacall|leader|vfork ; victim 0 trace PID: traces every thread of PID. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "crash_handler_protocol.h"

#define MARKER 0x5ca1ab1e00000000ull
#define CRASH_MARKER 0x5ca1ab1edeadbeefull
#define STACK_SECRET "stack-s3cret-0123456789-abcdefghijklmn"
#define HEAP_SECRET "heap-s3cret-0123456789-abcdefghijklmn"
#define DATA_SECRET "data-s3cret-0123456789-abcdefghijklmn"
#define MAX_THREADS 8192

static _Atomic unsigned counters[MAX_THREADS];
static _Atomic int ready;
static _Atomic int received;
/* Of the program's own data, so that a jump there is a jump into a secret. */
static char data[64] = DATA_SECRET;
static int count;
static const char *mode;

static void say(const char *format, ...)
{
    char line[65536];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (write(1, line, (size_t)length) != length)
        _exit(3);
}

static void counted(int signal)
{
    (void)signal;
    atomic_fetch_add(&received, 1);
}

static void *run(void *argument)
{
    long index = (long)argument;
    volatile unsigned long long marker = MARKER + (unsigned long long)index;
    char name[16];
    snprintf(name, sizeof name, "worker-%ld", index);
    prctl(PR_SET_NAME, name);
    say("thread %ld %ld %llu %p\n", index, syscall(SYS_gettid), (unsigned long long)pthread_self(), (void *)&marker);
    atomic_fetch_add(&ready, 1);

    /* The parent of a vfork waits where no signal and no tracer reaches it, until its child is gone. */
    if (index == 0 && strcmp(mode, "vfork") == 0 && vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        say("child %d\n", getpid());
        atomic_fetch_add(&ready, 1);
        for (;;)
            pause();
    }

    for (;;) {
        struct timespec interval = { 0, 2000000 + count * 10000 };
        nanosleep(&interval, NULL);
        counters[index] += marker != 0;
    }
    return NULL;
}

static void answer(void)
{
    char command;
    while (read(0, &command, 1) == 1) {
        if (command == 'c') {
            char line[65536] = "";
            int length = 0;
            for (int i = 0; i < count; i++)
                length += snprintf(line + length, sizeof line - (size_t)length, " %u", counters[i]);
            say("counters%s\n", line);
        } else if (command == 's') {
            say("received %d\n", received);
        }
    }
    _exit(0);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    static struct ch_crash_notice notice;
    ucontext_t *ucontext = context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    notice.size = sizeof notice;
    notice.flags = CH_NOTICE_FPSTATE_VALID;
    notice.pid = getpid();
    notice.tid = (int)syscall(SYS_gettid);
    notice.signal = signal;
    notice.code = info->si_code;
    notice.fs_base = (uint64_t)pthread_self();
    notice.siginfo_address = (uint64_t)info;
    notice.ucontext_address = (uint64_t)ucontext;
    notice.fpstate_address = (uint64_t)ucontext->uc_mcontext.fpregs;
    notice.time = now.tv_sec * 1000000000ll + now.tv_nsec;
    memcpy(notice.siginfo, info, sizeof notice.siginfo);
    memcpy(notice.ucontext, ucontext, sizeof notice.ucontext);
    memcpy(notice.fxsave, ucontext->uc_mcontext.fpregs, sizeof notice.fxsave);
    static char hex[2 * sizeof notice + 1];
    for (size_t i = 0; i < sizeof notice; i++)
        snprintf(hex + 2 * i, 3, "%02x", ((unsigned char *)&notice)[i]);
    say("notice %s\n", hex);
    answer();
}

__attribute__((noinline, section("fault_text"))) void fault(volatile int *address)
{
    volatile unsigned long long marker = CRASH_MARKER;
    volatile char secret[] = STACK_SECRET;
    volatile char *copy = calloc(1, sizeof secret);
    memcpy((char *)copy, HEAP_SECRET, sizeof HEAP_SECRET);
    __asm__ volatile("" : : "r"(secret), "r"(copy) : "memory");
    static const unsigned long long lanes[2] = { CRASH_MARKER, ~CRASH_MARKER };
    __asm__ volatile("movdqu %0, %%xmm15" : : "m"(lanes) : "xmm15");
    *address = (int)marker;
}
extern char __start_fault_text[], __stop_fault_text[];

__attribute__((noinline)) static int overflow(int depth)
{
    volatile char frame[512];
    frame[0] = (char)depth;
    return overflow(depth + 1) + frame[0];
}

static void crash(void)
{
    /* On a stack of its own, or an overflow could not be reported. */
    static char alternate[262144];
    stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
    sigaltstack(&stack, NULL);
    if (strcmp(mode, "overflow") == 0)
        overflow(0);
    else if (strcmp(mode, "nullcall") == 0)
        ((void (*)(void))0)();
    else if (strcmp(mode, "datacall") == 0)
        ((void (*)(void))data)();
    else
        fault((int *)0x10);
}

static void *crash_late(void *argument)
{
    (void)argument;
    prctl(PR_SET_NAME, "crasher");
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
    while (state != 'Z') {
        FILE *stat = fopen(path, "r");
        if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
            abort();
        fclose(stat);
    }
    crash();
    return NULL;
}

static int trace(int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        if (entry->d_name[0] != '.' && ptrace(PTRACE_SEIZE, atoi(entry->d_name), 0, 0) != 0) {
            perror("PTRACE_SEIZE");
            return 1;
        }
    say("tracing\n");
    char end;
    while (read(0, &end, 1) == 1) {
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return trace(atoi(argv[3]));
    count = atoi(argv[1]);
    mode = argv[2];
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigfillset(&action.sa_mask);
    sigaction(SIGSEGV, &action, NULL);
    struct sigaction counting = { .sa_handler = counted, .sa_flags = SA_RESTART };
    sigaction(SIGRTMIN, &counting, NULL);
    say("pid %d\n", getpid());
    say("fault %llu %llu\n", (unsigned long long)__start_fault_text, (unsigned long long)__stop_fault_text);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 131072);
    for (long i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, run, (void *)i) != 0)
            return 2;
    }
    while (ready < count + (strcmp(mode, "vfork") == 0))
        sched_yield();
    if (strcmp(mode, "leader") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, crash_late, NULL);
        pthread_exit(NULL);
    }
    crash();
    return 0;
}
