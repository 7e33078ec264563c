/* Programs that make it hard to report them: whatever goes on besides, one report and the same end. */
#include "victim.h"

#include <sched.h>
#include <setjmp.h>
#include <stddef.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/time.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define STORM_MICROSECONDS 50
#define SMALL_STACK_BYTES 16384
#define STOPS 20
#define HANDLER_BYTES 4096

static sigjmp_buf point;
static volatile sig_atomic_t dying;
static pid_t dying_tid;

static void install(int number, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    if (sigaction(number, &action, NULL) != 0) {
        fail("sigaction");
    }
}

static void die_now(void)
{
    dying_tid = (pid_t)syscall(SYS_gettid);
    say_dying();
    dying = 1;
    fault();
}

/* Signals that interrupt every call, for as long as the process lives. */
static void start_storm(void (*handler)(int))
{
    install(SIGALRM, handler, 0);
    struct itimerval often = { { 0, STORM_MICROSECONDS }, { 0, STORM_MICROSECONDS } };
    setitimer(ITIMER_REAL, &often, NULL);
}

static void only_return(int number)
{
    (void)number;
}

static void *send_for_ever(void *of)
{
    while (tgkill(getpid(), *(pid_t *)of, SIGUSR1) == 0) {
    }
    return NULL;
}

static void storm(void)
{
    static pid_t self;
    self = (pid_t)syscall(SYS_gettid);
    install(SIGUSR1, only_return, 0);
    start_storm(only_return);
    start_thread(send_for_ever, &self);
    die_now();
}

/* Handlers that would run in the middle of the report; bare, the fault ends the process before. */
static void jump_if_dying(int number)
{
    (void)number;
    if (dying && (pid_t)syscall(SYS_gettid) == dying_tid) {
        siglongjmp(point, 1);
    }
}

static void jump_out(void)
{
    start_storm(jump_if_dying);
    if (sigsetjmp(point, 1) != 0) {
        say("survived\n");
        _exit(91);
    }
    die_now();
}

static void fault_if_dying(int number)
{
    (void)number;
    if (dying && (pid_t)syscall(SYS_gettid) == dying_tid) {
        say("ran on\n");
        fault();
    }
}

static void fault_in_report(void)
{
    start_storm(fault_if_dying);
    die_now();
}

static void *sleep_for_ever(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

static void start_sleepers(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SMALL_STACK_BYTES);
    for (int i = 0; i < argument; i++) {
        pthread_t thread;
        if ((errno = pthread_create(&thread, &attributes, sleep_for_ever, NULL)) != 0) {
            fail("pthread_create");
        }
    }
}

static void many_threads(void)
{
    start_sleepers();
    die_now();
}

static void *end_at_once(void *unused)
{
    return unused;
}

static void *start_for_ever(void *unused)
{
    for (;;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, end_at_once, NULL) == 0) {
            pthread_detach(thread);
        }
    }
    return unused;
}

/* Threads begin and end all the time. */
static void churn(void)
{
    for (int i = 0; i < argument; i++) {
        start_thread(start_for_ever, NULL);
    }
    usleep(20000);
    die_now();
}

static void *fork_for_ever(void *unused)
{
    for (;;) {
        pid_t child = fork();
        if (child == 0) {
            _exit(0);
        }
        if (child > 0) {
            waitpid(child, NULL, 0);
        }
    }
    return unused;
}

static void forks(void)
{
    start_thread(fork_for_ever, NULL);
    usleep(20000);
    die_now();
}

static pthread_barrier_t all;

/* Threads that send one another the signal that kills, until it does. */
static void *send_fault(void *unused)
{
    say_dying();
    pthread_barrier_wait(&all);
    for (;;) {
        kill(getpid(), SIGSEGV);
    }
    return unused;
}

static void sent_by_all(void)
{
    pthread_barrier_init(&all, NULL, (unsigned)argument + 1);
    for (int i = 0; i < argument; i++) {
        start_thread(send_fault, NULL);
    }
    say_dying();
    pthread_barrier_wait(&all);
    for (;;) {
        pause();
    }
}

static void *fault_a_moment_later(void *unused)
{
    while (!dying) {
    }
    struct timespec moment = { 0, 300000 };
    nanosleep(&moment, NULL);
    fault();
    return unused;
}

static void one_after_the_other(void)
{
    for (int i = 0; i < argument; i++) {
        start_thread(fault_a_moment_later, NULL);
    }
    die_now();
}

/* Stopped and continued in the middle of everything. */
static void stopped(void)
{
    int started[2];
    char byte;
    if (pipe(started) != 0) {
        fail("pipe");
    }
    pid_t parent = getpid();
    if (fork() == 0) {
        for (int fd = 0; fd < 3; fd++) {
            close(fd);
        }
        write(started[1], "", 1);
        for (int i = 0; i < STOPS && kill(parent, SIGSTOP) == 0; i++) {
            usleep(2000);
            kill(parent, SIGCONT);
            usleep(200);
        }
        _exit(0);
    }
    read(started[0], &byte, 1);
    die_now();
}

static void restore_and_raise(int number)
{
    say("handler\n");
    signal(number, SIG_DFL);
    raise(number);
}

/* An alternate stack with room for the kernel's frame and a modest handler, and nothing mapped below it. */
static void tight_stack(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t frame = getauxval(AT_MINSIGSTKSZ) != 0 ? getauxval(AT_MINSIGSTKSZ) : MINSIGSTKSZ;
    size_t bytes = (frame + HANDLER_BYTES + page - 1) / page * page;
    char *stack = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(stack, page, PROT_NONE);
    stack_t alternate = { .ss_sp = stack + page + bytes - frame - HANDLER_BYTES, .ss_size = frame + HANDLER_BYTES };
    if (sigaltstack(&alternate, NULL) != 0) {
        fail("sigaltstack");
    }
    install(SIGSEGV, restore_and_raise, SA_ONSTACK);
    die_now();
}

/* From here on, these system calls have that result. */
static void filter(uint32_t result, const int *numbers, size_t count)
{
    struct sock_filter program[32];
    size_t used = 0;
    program[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        program[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], 0, 1);
        program[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, result);
    }
    program[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog whole = { (unsigned short)used, program };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) != 0) {
        fail("seccomp");
    }
}

/* No new connections, files or processes, on pain of death: what a sandbox forbids. */
static void sandboxed(void)
{
    static const int forbidden[] = { SYS_socket, SYS_connect, SYS_open, SYS_openat, SYS_clone, SYS_fork, SYS_vfork, SYS_execve };
    filter(SECCOMP_RET_KILL_PROCESS, forbidden, sizeof forbidden / sizeof *forbidden);
    die_now();
}

static void sending_refused(void)
{
    static const int forbidden[] = { SYS_sendmsg, SYS_sendto };
    filter(SECCOMP_RET_ERRNO | EPERM, forbidden, sizeof forbidden / sizeof *forbidden);
    die_now();
}

static void sending_kills(void)
{
    static const int forbidden[] = { SYS_sendmsg, SYS_sendto };
    filter(SECCOMP_RET_KILL_PROCESS, forbidden, sizeof forbidden / sizeof *forbidden);
    die_now();
}

static void sending_traps(void)
{
    static const int forbidden[] = { SYS_sendmsg, SYS_sendto };
    filter(SECCOMP_RET_TRAP, forbidden, sizeof forbidden / sizeof *forbidden);
    die_now();
}

/* A call that the filter forbids is itself the crash. */
static void forbidden_call(void)
{
    static const int forbidden[] = { SYS_getppid };
    filter(SECCOMP_RET_TRAP, forbidden, sizeof forbidden / sizeof *forbidden);
    say_dying();
    syscall(SYS_getppid);
}

static const struct kind kinds[] = {
    { "storm", storm },
    { "jump-out", jump_out },
    { "fault-in-report", fault_in_report },
    { "many-threads", many_threads },
    { "churn", churn },
    { "forks", forks },
    { "sent-by-all", sent_by_all },
    { "one-after-the-other", one_after_the_other },
    { "stopped", stopped },
    { "tight-stack", tight_stack },
    { "sandboxed", sandboxed },
    { "sending-refused", sending_refused },
    { "sending-kills", sending_kills },
    { "sending-traps", sending_traps },
    { "forbidden-call", forbidden_call },
};

MAIN(kinds)
