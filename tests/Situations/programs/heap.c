/* Deaths inside malloc. */
#include "victim.h"

#define LARGE 2000 /* too large for the thread cache */
#define LARGER 3000

static void *volatile kept; /* so that the compiler leaves no call out */

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

/* Detected by malloc itself, which aborts with its lock held: what lies behind the block is the heap's last size. */
static void abort_with_lock(void)
{
    start_thread(wait_for_ever, NULL); /* a program of one thread takes no lock */
    say_dying();
    volatile char *block = malloc(LARGE);
    for (size_t i = LARGE; i < LARGE + 32; i++) {
        block[i] = (char)0xff;
    }
    kept = malloc(LARGER);
}

/* A pointer in a free block is wrong, and malloc follows it with its lock held. */
static void fault_with_lock(void)
{
    start_thread(wait_for_ever, NULL);
    say_dying();
    kept = malloc(LARGE);
    volatile uintptr_t *links = kept;
    void *block = kept; /* read again, so that gcc does not know what is freed */
    kept = malloc(LARGE); /* between the block and the heap's end, or they would be joined */
    free(block);
    links[1] = UNMAPPED_ADDRESS;
    kept = malloc(LARGER);
}

static const struct kind kinds[] = {
    { "double-free", double_free },
    { "abort-with-lock", abort_with_lock },
    { "fault-with-lock", fault_with_lock },
};

MAIN(kinds)
