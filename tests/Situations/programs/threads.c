/* Threads that die at the same instant. */
#include "victim.h"

static pthread_barrier_t all;

static void *fault_together(void *unused)
{
    say_dying();
    pthread_barrier_wait(&all);
    fault();
    return unused;
}

static void *abort_together(void *unused)
{
    (void)unused;
    say_dying();
    pthread_barrier_wait(&all);
    abort();
}

static void run_together(void *(*run)(void *))
{
    pthread_barrier_init(&all, NULL, (unsigned)argument);
    for (int i = 1; i < argument; i++) {
        start_thread(run, NULL);
    }
    run(NULL);
}

static void faults(void)
{
    run_together(fault_together);
}

static void aborts(void)
{
    run_together(abort_together);
}

static const struct kind kinds[] = { { "faults", faults }, { "aborts", aborts } };

MAIN(kinds)
