/* Signal handlers of the program's own. */
#include "victim.h"

#include <setjmp.h>
#include <ucontext.h>

#define OWN_STATUS 3
#define JUMPS 3

static sigjmp_buf point;
static volatile sig_atomic_t calls;

static void install(int number, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    if (sigaction(number, &action, NULL) != 0) {
        fail("sigaction");
    }
}

static void give_alternate_stack(void)
{
    size_t bytes = 65536;
    stack_t stack = { .ss_sp = malloc(bytes), .ss_size = bytes };
    if (sigaltstack(&stack, NULL) != 0) {
        fail("sigaltstack");
    }
}

static void fault_again(int number)
{
    (void)number;
    say("handler\n");
    fault();
}

/* The program's own handler for another signal is what faults. */
static void fault_in_handler(void)
{
    install(SIGUSR1, fault_again, 0);
    say_dying();
    raise(SIGUSR1);
}

static void fault_in_handler_on_stack(void)
{
    give_alternate_stack();
    install(SIGUSR1, fault_again, SA_ONSTACK);
    say_dying();
    raise(SIGUSR1);
}

static void abort_now(int number)
{
    (void)number;
    say("handler\n");
    abort();
}

/* A crash logger that ends by abort: the fault is what killed it. */
static void abort_in_fault_handler(void)
{
    install(SIGSEGV, abort_now, 0);
    say_dying();
    fault();
}

/* The fault's own handler faults, with its signal blocked: the kernel kills at once. */
static void fault_in_fault_handler(void)
{
    install(SIGSEGV, fault_again, 0);
    say_dying();
    fault();
}

static void other_fault(int number)
{
    (void)number;
    say("handler\n");
    __asm__("ud2");
}

static void other_fault_in_fault_handler(void)
{
    install(SIGSEGV, other_fault, 0);
    say_dying();
    fault();
}

static void exit_now(int number)
{
    say(number == SIGSEGV ? "SIGSEGV handled\n" : "handled\n");
    _exit(OWN_STATUS);
}

static void own_exit(void)
{
    install(SIGSEGV, exit_now, 0);
    fault();
}

static void own_exit_on_abort(void)
{
    install(SIGABRT, exit_now, 0);
    abort();
}

static void jump(int number)
{
    (void)number;
    calls++;
    siglongjmp(point, 1);
}

static void survive_jumps(void)
{
    for (volatile int i = 0; i < JUMPS; i++) {
        if (sigsetjmp(point, 1) == 0) {
            fault();
        }
    }
    dprintf(STDOUT_FILENO, "%d calls\n", (int)calls);
}

static void own_jump(void)
{
    install(SIGSEGV, jump, 0);
    survive_jumps();
}

static void own_jump_off_stack(void)
{
    give_alternate_stack();
    install(SIGSEGV, jump, SA_ONSTACK);
    survive_jumps();
}

static void own_jump_then_default(void)
{
    own_jump();
    signal(SIGSEGV, SIG_DFL);
    say_dying();
    fault();
}

static void raise_with_default(int number)
{
    say("handler\n");
    signal(number, SIG_DFL);
    raise(number);
}

static void own_raise(void)
{
    install(SIGSEGV, raise_with_default, 0);
    say_dying();
    fault();
}

static void own_raise_on_stack(void)
{
    give_alternate_stack();
    install(SIGSEGV, raise_with_default, SA_ONSTACK);
    say_dying();
    fault();
}

static void kill_with_default(int number)
{
    say("handler\n");
    signal(number, SIG_DFL);
    kill(getpid(), number);
    _exit(94);
}

/* Sent to the process, not to the thread, and unblocked by hand. */
static void unblock_and_kill(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    kill_with_default(number);
}

static void own_kill(void)
{
    install(SIGSEGV, unblock_and_kill, 0);
    say_dying();
    fault();
}

static void count_call(int number)
{
    (void)number;
    calls++;
    say("handler\n");
}

static void own_reset(void)
{
    install(SIGSEGV, count_call, (int)SA_RESETHAND);
    say_dying();
    fault();
}

static void own_reset_nodefer(void)
{
    install(SIGSEGV, fault_again, (int)(SA_RESETHAND | SA_NODEFER));
    say_dying();
    fault();
}

static void step_over(int number, siginfo_t *info, void *opaque)
{
    (void)number;
    ucontext_t *context = opaque;
    if (info->si_addr != (void *)UNMAPPED_ADDRESS) {
        _exit(93);
    }
    calls++;
    context->uc_mcontext.gregs[REG_RIP] += 2;
}

/* movl (%rax), %eax is two bytes long. */
static void own_step(void)
{
    struct sigaction action = { .sa_sigaction = step_over, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < JUMPS; i++) {
        uint64_t address = UNMAPPED_ADDRESS;
        __asm__ volatile("movl (%%rax), %%eax" : "+a"(address));
    }
    dprintf(STDOUT_FILENO, "%d calls\n", (int)calls);
}

/* What stood there before is asked for and called: the default, here. */
static struct sigaction former;

static void chain(int number, siginfo_t *info, void *context)
{
    say("handler\n");
    if (former.sa_flags & SA_SIGINFO) {
        former.sa_sigaction(number, info, context);
    } else if (former.sa_handler == SIG_DFL) {
        sigaction(number, &former, NULL);
    }
}

static void own_chain(void)
{
    struct sigaction action = { .sa_sigaction = chain, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, &former);
    say_dying();
    fault();
}

static void blocked_fault(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    say_dying();
    fault();
}

static void ignored_fault(void)
{
    signal(SIGSEGV, SIG_IGN);
    say_dying();
    fault();
}

static void return_from_abort_handler(void)
{
    install(SIGABRT, count_call, 0);
    say_dying();
    abort();
}

static pthread_barrier_t all;

static void *fault_with_all(void *unused)
{
    say_dying();
    pthread_barrier_wait(&all);
    fault();
    return unused;
}

static void raise_quietly(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

/* More threads in their handlers than the shim can remember. */
static void crowd(void)
{
    install(SIGSEGV, raise_quietly, 0);
    pthread_barrier_init(&all, NULL, (unsigned)argument);
    for (int i = 1; i < argument; i++) {
        start_thread(fault_with_all, NULL);
    }
    fault_with_all(NULL);
}

static const struct kind kinds[] = {
    { "fault-in-handler", fault_in_handler },
    { "fault-in-handler-on-stack", fault_in_handler_on_stack },
    { "abort-in-fault-handler", abort_in_fault_handler },
    { "fault-in-fault-handler", fault_in_fault_handler },
    { "other-fault-in-fault-handler", other_fault_in_fault_handler },
    { "own-exit", own_exit },
    { "own-exit-on-abort", own_exit_on_abort },
    { "own-jump", own_jump },
    { "own-jump-off-stack", own_jump_off_stack },
    { "own-jump-then-default", own_jump_then_default },
    { "own-raise", own_raise },
    { "own-raise-on-stack", own_raise_on_stack },
    { "own-kill", own_kill },
    { "own-reset", own_reset },
    { "own-reset-nodefer", own_reset_nodefer },
    { "own-step", own_step },
    { "own-chain", own_chain },
    { "blocked-fault", blocked_fault },
    { "ignored-fault", ignored_fault },
    { "return-from-abort-handler", return_from_abort_handler },
    { "crowd", crowd },
};

MAIN(kinds)
