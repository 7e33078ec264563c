/* Deaths at places where a program seldom dies. */
#include "victim.h"

#include <grp.h>
#include <link.h>
#include <sys/resource.h>

#define NOBODY 65534
#define ALLOWED_BYTES (64ul << 20)

static void die_here(void)
{
    say_dying();
    fault();
}

static void before_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "constructor") == 0) {
        die_here();
    }
}

__attribute__((constructor)) static void construct(int argc, char **argv)
{
    before_main(argc, argv);
}

static void constructor(void)
{
    fail("not reached");
}

static void at_exit(void)
{
    atexit(die_here);
    exit(0);
}

/* The loader's lock is held. */
static int die_in_loader(struct dl_phdr_info *object, size_t size, void *of)
{
    (void)object;
    (void)size;
    (void)of;
    die_here();
    return 0;
}

static void in_loader(void)
{
    dl_iterate_phdr(die_in_loader, NULL);
}

static void destroy(void *of)
{
    (void)of;
    die_here();
}

static void *set_value(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

static void in_thread_destructor(void)
{
    pthread_key_t key;
    pthread_key_create(&key, destroy);
    pthread_join(start_thread(set_value, &key), NULL);
}

static void cancelled(void *unused)
{
    (void)unused;
    die_here();
}

static void *wait_to_be_cancelled(void *unused)
{
    pthread_cleanup_push(cancelled, NULL);
    for (;;) {
        pause();
    }
    pthread_cleanup_pop(0);
    return unused;
}

static void in_cancellation(void)
{
    pthread_t thread = start_thread(wait_to_be_cancelled, NULL);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
}

static void wild_jump(void)
{
    void (*nowhere)(void) = (void (*)(void))UNMAPPED_ADDRESS;
    say_dying();
    nowhere();
}

/* There is no stack any more. */
static void wild_stack(void)
{
    say_dying();
    __asm__ volatile("movq %0, %%rsp\n\tpushq %%rax" : : "r"(UNMAPPED_ADDRESS));
}

static void no_memory(void)
{
    struct rlimit limit = { ALLOWED_BYTES, ALLOWED_BYTES };
    setrlimit(RLIMIT_AS, &limit);
    for (size_t bytes = ALLOWED_BYTES; bytes >= 16; bytes /= 2) {
        while (malloc(bytes) != NULL) {
        }
    }
    die_here();
}

/* Neither the socket nor the handler can be found from here. */
static void in_a_jail(void)
{
    char jail[] = "/tmp/jail-XXXXXX";
    if (mkdtemp(jail) == NULL || chdir(jail) != 0 || chroot(".") != 0) {
        fail("chroot");
    }
    die_here();
}

/* As a server does after it has bound its port. */
static void as_somebody_else(void)
{
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
        fail("setuid");
    }
    die_here();
}

static const struct kind kinds[] = {
    { "constructor", constructor },
    { "at-exit", at_exit },
    { "in-loader", in_loader },
    { "in-thread-destructor", in_thread_destructor },
    { "in-cancellation", in_cancellation },
    { "wild-jump", wild_jump },
    { "wild-stack", wild_stack },
    { "no-memory", no_memory },
    { "in-a-jail", in_a_jail },
    { "as-somebody-else", as_somebody_else },
};

MAIN(kinds)
