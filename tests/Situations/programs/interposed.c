/* Calls what tests/Situations/programs/interposer.c takes over. */
#include "victim.h"

static void only_return(int number)
{
    (void)number;
}

static void use_all(void)
{
    struct sigaction action = { .sa_handler = only_return };
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    signal(SIGSEGV, SIG_DFL);
    dprintf(STDOUT_FILENO, "rand %d\n", rand());
}

static void *call_kind(void *run)
{
    void (*call)(void);
    memcpy(&call, &run, sizeof call);
    call();
    return NULL;
}

static void fault_on_thread(void)
{
    say_dying();
    fault();
}

static void end_well(void)
{
    use_all();
}

static void end_by_fault(void)
{
    void (*run)(void) = fault_on_thread;
    void *of;
    memcpy(&of, &run, sizeof of);
    use_all();
    pthread_join(start_thread(call_kind, of), NULL);
}

static void end_by_abort(void)
{
    use_all();
    say_dying();
    abort();
}

static const struct kind kinds[] = { { "well", end_well }, { "fault", end_by_fault }, { "abort", end_by_abort } };

MAIN(kinds)
