/* Deaths without descriptors. */
#include "victim.h"

#include <sys/resource.h>

#define FEW 256
#define SOFTLY 64
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void limit_to(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = { soft, hard };
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        fail("setrlimit");
    }
}

static void use_all(void)
{
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
    if (errno != EMFILE) {
        fail("open");
    }
}

static void used_up(void)
{
    limit_to(FEW, FEW);
    use_all();
    say_dying();
    fault();
}

/* Below even those that are open. */
static void none_allowed(void)
{
    limit_to(0, 0);
    say_dying();
    fault();
}

static void fork_and_fault(void)
{
    pid_t child = fork();
    if (child == 0) {
        say_dying();
        fault();
    }
    dprintf(STDOUT_FILENO, "child ended with %d\n", wait_for(child));
}

static void used_up_then_fork(void)
{
    limit_to(FEW, FEW);
    use_all();
    fork_and_fault();
}

static void standard_closed(void)
{
    say_dying();
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
    }
    fault();
}

/* As when whoever started this had closed them. */
static void closed_from_start(void)
{
    fault();
}

static void all_closed(void)
{
    say_dying();
    syscall(SYS_close_range, 0, ~0u, 0);
    fault();
}

/* The shim's numbers belong to files of the program's now. */
static void all_replaced(void)
{
    say_dying();
    syscall(SYS_close_range, 3, ~0u, 0);
    limit_to(FEW, 2 * FEW);
    use_all();
    fault();
}

/* The same, and there is no room at all. */
static void all_replaced_for_good(void)
{
    say_dying();
    syscall(SYS_close_range, 3, ~0u, 0);
    limit_to(FEW, FEW);
    use_all();
    fault();
}

static void used_up_softly_then_fork(void)
{
    limit_to(SOFTLY, FEW);
    use_all();
    fork_and_fault();
}

static const struct kind kinds[] = {
    { "used-up", used_up },
    { "none-allowed", none_allowed },
    { "used-up-then-fork", used_up_then_fork },
    { "standard-closed", standard_closed },
    { "closed-from-start", closed_from_start },
    { "all-closed", all_closed },
    { "all-replaced", all_replaced },
    { "all-replaced-for-good", all_replaced_for_good },
    { "used-up-softly-then-fork", used_up_softly_then_fork },
};

MAIN(kinds)
