/*
 * Alternate signal stacks for threads that nobody gives one: those of native programs, of NativeAOT and of native libraries.
 * Without one the kernel kills a thread that has used up its stack before any handler can run. Not for the crash path.
 */
#include "images.h"

#include <stdlib.h>
#include <sys/mman.h>

/* For our handler, the runtime's and the kernel's signal frame with AVX-512 and AMX state (11 KiB). Untouched pages cost nothing. */
#define ALTERNATE_BYTES 65536u
/* Below it: an overflow of this stack, too, must fault. */
#define GUARD_BYTES 4096u

typedef int (*create_function)(pthread_t *, const pthread_attr_t *, shim_thread_routine, void *);
typedef int (*key_create_function)(pthread_key_t *, void (*)(void *));
typedef int (*set_specific_function)(pthread_key_t, const void *);

/* In libpthread before glibc 2.34, and so looked up: the program may not have it. Written once, by whoever comes first. */
static create_function next_create;
static set_specific_function set_specific;
static pthread_key_t key;
static enum { UNKNOWN, LOOKING, READY, ABSENT } state;

struct start {
    shim_thread_routine routine;
    void *argument;
};

static bool has_alternate_stack(stack_t *current)
{
    return sigaltstack(NULL, current) == 0 && !(current->ss_flags & SS_DISABLE);
}

/*
 * At the thread's end. If ours is not there any more, somebody may have freed it (CoreCLR frees whatever sigaltstack tells it when a
 * thread leaves it), and these addresses may be somebody else's by now.
 */
static void take_back(void *memory)
{
    stack_t current;
    if (has_alternate_stack(&current) && current.ss_sp == memory) {
        stack_t none = { .ss_flags = SS_DISABLE };
        sigaltstack(&none, NULL);
        munmap(memory, ALTERNATE_BYTES);
    }
}

static void look_up(void)
{
    key_create_function key_create = (key_create_function)shim_find_next("pthread_key_create");
    set_specific = (set_specific_function)shim_find_next("pthread_setspecific");
    next_create = (create_function)shim_find_next("pthread_create");
    bool found = key_create != NULL && set_specific != NULL && key_create(&key, take_back) == 0;
    __atomic_store_n(&state, found ? READY : ABSENT, __ATOMIC_RELEASE);
}

/* Whether there are threads here at all. */
static bool is_ready(void)
{
    int expected = UNKNOWN;
    if (__atomic_compare_exchange_n(&state, &expected, LOOKING, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        look_up();
    }
    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == LOOKING) {
    }
    return state == READY;
}

/* The guard lies inside, as in CoreCLR's own, which frees what sigaltstack tells it. */
static void *make_stack(void)
{
    uint8_t *memory = mmap(NULL, ALTERNATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    stack_t alternate = { .ss_sp = memory, .ss_size = ALTERNATE_BYTES };
    if (mprotect(memory, GUARD_BYTES, PROT_NONE) == 0 && sigaltstack(&alternate, NULL) == 0) {
        return memory;
    }
    munmap(memory, ALTERNATE_BYTES);
    return NULL;
}

/* Gives the calling thread one, unless it has one. Without memory for it the thread goes on without. */
void shim_give_alternate_stack(void)
{
    stack_t current;
    int error = errno;
    if (!has_alternate_stack(&current)) {
        void *memory = make_stack();
        if (memory != NULL && is_ready()) {
            set_specific(key, memory);
        }
    }
    errno = error;
}

static void *run(void *opaque)
{
    struct start start = *(struct start *)opaque;
    free(opaque);
    shim_give_alternate_stack();
    return start.routine(start.argument);
}

/* The program's pthread_create. */
int shim_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, shim_thread_routine routine, void *argument)
{
    bool ready = is_ready();
    if (next_create == NULL) {
        return ENOSYS; /* not reached: whoever calls pthread_create has it */
    }
    struct start *start = ready && shim_installed ? malloc(sizeof *start) : NULL;
    if (start == NULL) {
        return next_create(thread, attributes, routine, argument);
    }
    *start = (struct start) { routine, argument };
    int error = next_create(thread, attributes, run, start);
    if (error != 0) {
        free(start);
    }
    return error;
}
