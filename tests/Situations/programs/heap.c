/* Deaths inside malloc. */
#include "victim.h"

#define LARGE 2000 /* too large for the thread cache */
#define LARGER 3000

static void *wait_for_ever(void *unused)
{
    pause();
    return unused;
}

static void double_free(void)
{
    char *volatile block = malloc(40);
    say_dying();
    free(block);
    free(block);
}

/* Detected by malloc itself, which aborts with its lock held. */
static void abort_with_lock(void)
{
    start_thread(wait_for_ever, NULL); /* a program of one thread takes no lock */
    char *volatile block = malloc(40);
    memset(block, 0xff, 64); /* the size of what is free behind it */
    say_dying();
    block = malloc(LARGER);
}

/* A pointer in a free block is wrong, and malloc follows it with its lock held. */
static void fault_with_lock(void)
{
    start_thread(wait_for_ever, NULL);
    uintptr_t *volatile block = malloc(LARGE);
    char *volatile barrier = malloc(LARGE);
    (void)barrier;
    free(block);
    block[1] = UNMAPPED_ADDRESS;
    say_dying();
    block = malloc(LARGER);
}

static const struct kind kinds[] = {
    { "double-free", double_free },
    { "abort-with-lock", abort_with_lock },
    { "fault-with-lock", fault_with_lock },
};

MAIN(kinds)
