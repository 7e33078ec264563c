/* Stacks that are used up. */
#include "victim.h"

static __attribute__((noinline)) int descend(int from)
{
    volatile char frame[512];
    frame[0] = (char)from;
    return from < 0 ? 0 : descend(from + 1) + frame[0];
}

static void overflow(void)
{
    say_dying();
    descend(0);
}

static void *run_overflow(void *unused)
{
    overflow();
    return unused;
}

static void on_thread(void)
{
    pthread_join(start_thread(run_overflow, NULL), NULL);
}

static void report_handled(int number)
{
    (void)number;
    say("handler\n");
    signal(SIGSEGV, SIG_DFL);
}

/* The program has an alternate stack of its own. */
static void on_own_stack(void)
{
    size_t bytes = 65536;
    stack_t stack = { .ss_sp = malloc(bytes), .ss_size = bytes };
    struct sigaction action = { .sa_handler = report_handled, .sa_flags = SA_ONSTACK };
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGSEGV, &action, NULL) != 0) {
        fail("sigaltstack, sigaction");
    }
    overflow();
}

static const struct kind kinds[] = {
    { "main", overflow },
    { "thread", on_thread },
    { "own-stack", on_own_stack },
};

MAIN(kinds)
