/* Processes that are made without execve. */
#include "victim.h"

#include <sched.h>

#define STACK_BYTES 262144

static void report_child(pid_t child)
{
    dprintf(STDOUT_FILENO, "child ended with %d\n", wait_for(child));
}

static void die_in_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        say_dying();
        fault();
    }
    report_child(child);
}

/* The child first, then its parent. */
static void die_both(void)
{
    die_in_fork();
    say_dying();
    fault();
}

static void *run_fork(void *unused)
{
    die_in_fork();
    return unused;
}

static void die_in_fork_of_thread(void)
{
    pthread_join(start_thread(run_fork, NULL), NULL);
}

static void die_in_grandchild(void)
{
    pid_t child = fork();
    if (child == 0) {
        die_in_fork();
        _exit(0);
    }
    report_child(child);
}

/* Shares this process's memory, so whatever the shim writes there is the parent's too. */
static void die_in_vfork(void)
{
    pid_t child = vfork();
    if (child == 0) {
        say_dying();
        fault();
    }
    report_child(child);
    say_dying();
    fault();
}

static int fault_in_clone(void *unused)
{
    (void)unused;
    say_dying();
    fault();
    return 0;
}

static void die_in_clone(void)
{
    char *stack = malloc(STACK_BYTES);
    pid_t child = clone(fault_in_clone, stack + STACK_BYTES, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
    if (child < 0) {
        fail("clone");
    }
    report_child(child);
    say_dying();
    fault();
}

/* Shares this process's memory, and dies at the same instant. */
static volatile int gate;

static int fault_at_gate(void *unused)
{
    (void)unused;
    say_dying();
    gate = 1;
    while (gate != 2) {
    }
    fault();
    return 0;
}

static void die_together_with_clone(void)
{
    char *stack = malloc(STACK_BYTES);
    if (clone(fault_at_gate, stack + STACK_BYTES, CLONE_VM | SIGCHLD, NULL) < 0) {
        fail("clone");
    }
    while (gate != 1) {
    }
    say_dying();
    gate = 2;
    fault();
}

/* Each of them at the same instant, each a process of its own. */
static void die_in_many(void)
{
    int gate[2], said[2];
    char byte = 0;
    pid_t children[64];
    if (pipe(gate) != 0 || pipe(said) != 0) {
        fail("pipe");
    }
    for (int i = 0; i < argument; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            close(gate[1]);
            say_dying();
            if (write(said[1], &byte, 1) != 1 || read(gate[0], &byte, 1) != 0) {
                _exit(92);
            }
            fault();
        }
    }
    for (int i = 0; i < argument; i++) {
        if (read(said[0], &byte, 1) != 1) {
            fail("read");
        }
    }
    close(gate[1]);
    for (int i = 0; i < argument; i++) {
        report_child(children[i]);
    }
}

static void abort_in_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        say_dying();
        abort();
    }
    report_child(child);
}

static const struct kind kinds[] = {
    { "fork", die_in_fork },
    { "fork-abort", abort_in_fork },
    { "both", die_both },
    { "fork-of-thread", die_in_fork_of_thread },
    { "grandchild", die_in_grandchild },
    { "vfork", die_in_vfork },
    { "clone", die_in_clone },
    { "clone-together", die_together_with_clone },
    { "many", die_in_many },
};

MAIN(kinds)
