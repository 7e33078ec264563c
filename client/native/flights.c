/*
 * Faults in flight: what each thread's signal handler was called for and has not come back from, kept in a static table
 * because thread-local storage and malloc are out of reach in a signal handler.
 *
 * CoreCLR does not come back from its handler for a fault that it turns into an exception, and NativeAOT comes back to another place:
 * whether such a flight is over, only the stack can tell. A flight is live as long as its signal frame, or the frame that the runtime pushed when it
 * went back from the alternate stack to the thread's own, is still on the stack of the caller.
 */
#include "shim.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define FLIGHT_SLOTS 1024u /* threads that handle a fault at the same moment; untouched slots cost no memory */
#define FLIGHT_PROBES 16u
#define SIGNAL_BITS 8
/* Bytes between a fault and the place where the runtime gives up on it: its dispatcher and managed filters lie there. */
#define STACK_REACH 1048576u
/* Bytes of the function that NativeAOT sends a fault to; it has some 110. */
#define REDIRECT_REACH 256u
/* Bytes below the stack pointer that belong to the interrupted function. */
#define RED_ZONE 128u
#define PAGE_BYTES 4096ul
/* The words of a frame: the caller's frame pointer, then the return address. */
#define FRAME_CALLER 0
#define FRAME_RETURN 1
#define FRAME_BYTES 16u

struct shim_flight {
    uint64_t key;      /* tid and signal, 0: free */
    uint64_t sequence; /* newest is highest */
    bool in_flight;    /* its handler has not returned */
    bool unhelped;     /* its handler returned, and the same instruction must fail again */
    uintptr_t frame;   /* frame pointer of our handler */
    uintptr_t restorer; /* our handler's return address, which only signal frames have */
    uintptr_t redirect; /* where the handler sent the thread instead of back to the fault, 0: it did not */
    const ucontext_t *original;
    siginfo_t info;
    ucontext_t context;
    uint8_t fpstate[CH_FXSAVE_BYTES];
};

static struct shim_flight flights[FLIGHT_SLOTS];
static uint64_t last_sequence;

/*
 * Where glibc on x86-64 keeps the id of a thread, from the thread pointer: behind 704 bytes of header and the list's two pointers in all its versions. Every
 * NullReferenceException that a program catches comes through here, and asking the kernel would make it 3 to 5 % dearer.
 */
#define GLIBC_TID_OFFSET "0x2d0"
/* The thread pointer points at itself twice: at its beginning, and here. */
#define GLIBC_SELF_OFFSET "0x10"

static bool glibc_tells; /* written once, before the handlers are in place */

static pid_t told_by_glibc(void)
{
    pid_t tid;
    __asm__("movl %%fs:" GLIBC_TID_OFFSET ", %0" : "=r"(tid));
    return tid;
}

/* Not for the crash path. Believed only if it is true of this thread. */
void shim_flights_prepare(void)
{
    uintptr_t first, second;
    __asm__("movq %%fs:0, %0\n\tmovq %%fs:" GLIBC_SELF_OFFSET ", %1" : "=r"(first), "=r"(second));
    glibc_tells = first == second && told_by_glibc() == shim_tid();
}

/* In a child that shares its parent's memory and thread pointer this is the parent's, who waits or has none in flight. */
static pid_t own_thread(void)
{
    return glibc_tells ? told_by_glibc() : shim_tid();
}

static uint64_t key_of(pid_t tid, int signal)
{
    return (uint64_t)tid << SIGNAL_BITS | (uint64_t)signal;
}

static struct shim_flight *probe(uint64_t key, uint32_t step)
{
    return &flights[((uint32_t)(key >> SIGNAL_BITS) * 31 + (uint32_t)(key & 0xff) + step) % FLIGHT_SLOTS];
}

static struct shim_flight *find(uint64_t key)
{
    for (uint32_t step = 0; step < FLIGHT_PROBES; step++) {
        struct shim_flight *flight = probe(key, step);
        if (__atomic_load_n(&flight->key, __ATOMIC_ACQUIRE) == key) {
            return flight;
        }
    }
    return NULL;
}

static bool thread_is_gone(uint64_t key)
{
    return syscall(SYS_tgkill, shim_pid(), (pid_t)(key >> SIGNAL_BITS), 0) != 0;
}

static struct shim_flight *claim(uint64_t key)
{
    for (uint32_t step = 0; step < FLIGHT_PROBES; step++) {
        struct shim_flight *flight = probe(key, step);
        uint64_t owner = __atomic_load_n(&flight->key, __ATOMIC_ACQUIRE);
        if ((owner == 0 || thread_is_gone(owner))
            && __atomic_compare_exchange_n(&flight->key, &owner, key, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            flight->in_flight = false;
            flight->unhelped = false;
            flight->redirect = 0;
            return flight;
        }
    }
    return NULL;
}

static bool same_registers(const ucontext_t *left, const ucontext_t *right)
{
    return memcmp(left->uc_mcontext.gregs, right->uc_mcontext.gregs, sizeof(gregset_t)) == 0;
}

/* The same instruction fails on the same address with the same registers: its handler came back without having helped. */
static bool is_repeated(const struct shim_flight *flight, const siginfo_t *info, const ucontext_t *context)
{
    return flight->unhelped && shim_is_fault(info) && flight->info.si_code == info->si_code
        && flight->info.si_addr == info->si_addr && same_registers(&flight->context, context);
}

/* NULL: the table is full around this thread's place; the fault is handled without being remembered. */
struct shim_flight *shim_flight_begin(int signal, const siginfo_t *info, const ucontext_t *context, const uintptr_t *frame,
                                      bool *repeated)
{
    uint64_t key = key_of(own_thread(), signal);
    struct shim_flight *flight = find(key);
    flight = flight != NULL ? flight : claim(key);
    *repeated = flight != NULL && is_repeated(flight, info, context);
    if (flight == NULL) {
        return NULL;
    }
    flight->sequence = __atomic_add_fetch(&last_sequence, 1, __ATOMIC_RELAXED);
    flight->frame = (uintptr_t)frame;
    flight->restorer = frame[FRAME_RETURN];
    flight->original = context;
    flight->info = *info;
    memcpy(&flight->context, context, offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t));
    if (context->uc_mcontext.fpregs != NULL) {
        memcpy(flight->fpstate, context->uc_mcontext.fpregs, CH_FXSAVE_BYTES);
    }
    flight->redirect = 0;
    flight->in_flight = true;
    return flight;
}

static bool is_mapped(const void *address)
{
    return syscall(SYS_msync, (uintptr_t)address & ~(PAGE_BYTES - 1), PAGE_BYTES, MS_ASYNC) == 0;
}

static uintptr_t register_of(const ucontext_t *context, int index)
{
    return (uintptr_t)context->uc_mcontext.gregs[index];
}

/* A write barrier's handler changes no register and yet helps: only memory that is still missing shows that one did not. */
static bool is_unhelped(const struct shim_flight *flight, const ucontext_t *context)
{
    if (!same_registers(&flight->context, context)) {
        return false;
    }
    if (flight->info.si_signo != SIGSEGV || flight->info.si_code == SI_KERNEL) {
        return true;
    }
    return flight->info.si_code == SEGV_MAPERR && !is_mapped(flight->info.si_addr);
}

/* Keeps the slot: the next fault of this thread and signal uses it again, and is compared with this one. */
void shim_flight_end(struct shim_flight *flight, const ucontext_t *context)
{
    if (flight != NULL) {
        flight->in_flight = false;
        flight->unhelped = is_unhelped(flight, context);
        uintptr_t target = register_of(context, REG_RIP);
        flight->redirect = target != register_of(&flight->context, REG_RIP) ? target : 0;
    }
}

static bool on_alternate_stack(const stack_t *alternate, uintptr_t address)
{
    uintptr_t start = (uintptr_t)alternate->ss_sp;
    return !(alternate->ss_flags & SS_DISABLE) && address >= start && address - start < alternate->ss_size;
}

/* Whether `below` lies under `above`, on the same stack and not far: everything between them is then readable. */
static bool is_below(uintptr_t below, uintptr_t above)
{
    stack_t alternate = { .ss_flags = SS_DISABLE };
    sigaltstack(NULL, &alternate);
    return below < above && above - below <= STACK_REACH
        && on_alternate_stack(&alternate, below) == on_alternate_stack(&alternate, above);
}

/* Code that a frame may return to. */
struct code {
    uintptr_t start;
    size_t bytes;
};

/* Follows the frame pointers from `frame` up to `limit`, looking for a frame of the flight's caller that returns into this code. */
static bool chain_meets(const struct shim_flight *flight, uintptr_t frame, uintptr_t limit, struct code wanted)
{
    uintptr_t wanted_caller = register_of(&flight->context, REG_RBP);
    uintptr_t lowest = frame;
    while (frame >= lowest && frame % sizeof frame == 0 && frame <= limit - FRAME_BYTES) {
        const uintptr_t *words = (const uintptr_t *)frame;
        if (words[FRAME_RETURN] - wanted.start < wanted.bytes && words[FRAME_CALLER] == wanted_caller) {
            return true;
        }
        lowest = frame + FRAME_BYTES;
        frame = words[FRAME_CALLER];
    }
    return false;
}

/* Our handler is still there above the caller. Without a runtime a frame pointer may be anything, and the frame must do. */
static bool is_live_in_handler(const struct shim_flight *flight, uintptr_t frame)
{
    const uintptr_t *words = (const uintptr_t *)flight->frame;
    bool intact = words[FRAME_RETURN] == flight->restorer
        && register_of(flight->original, REG_RSP) == register_of(&flight->context, REG_RSP);
    return intact && (!shim_dotnet || chain_meets(flight, frame, flight->frame + FRAME_BYTES, (struct code) { flight->restorer, 1 }));
}

/* The thread goes on below the fault, under a frame that returns into this code. */
static bool is_live_below_fault(const struct shim_flight *flight, uintptr_t frame, struct code wanted)
{
    uintptr_t limit = register_of(&flight->context, REG_RSP) - RED_ZONE;
    return is_below(frame, limit) && chain_meets(flight, frame, limit, wanted);
}

static bool is_live(const struct shim_flight *flight, uintptr_t frame)
{
    if (flight->redirect != 0) {
        /* NativeAOT: its handler returns, into the function that calls its dispatcher. */
        return is_live_below_fault(flight, frame, (struct code) { flight->redirect, REDIRECT_REACH });
    }
    if (!flight->in_flight) {
        return false;
    }
    if (is_below(frame, flight->frame)) {
        return is_live_in_handler(flight, frame);
    }
    /* CoreCLR left the alternate stack, and pushed a frame that returns to the faulting instruction. */
    return is_live_below_fault(flight, frame, (struct code) { register_of(&flight->context, REG_RIP), 1 });
}

static const struct shim_flight *live_of(pid_t tid, int signal, uintptr_t frame)
{
    const struct shim_flight *flight = find(key_of(tid, signal));
    return flight != NULL && is_live(flight, frame) ? flight : NULL;
}

const struct shim_flight *shim_flight_live(int signal)
{
    static const int signals[] = SHIM_SIGNALS;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    pid_t tid = own_thread();
    if (signal != 0) {
        return live_of(tid, signal, frame);
    }
    const struct shim_flight *newest = NULL;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const struct shim_flight *flight = live_of(tid, signals[i], frame);
        if (flight != NULL && (newest == NULL || flight->sequence > newest->sequence)) {
            newest = flight;
        }
    }
    return newest;
}

struct shim_evidence shim_flight_evidence(const struct shim_flight *flight)
{
    return (struct shim_evidence) {
        .signal = flight->info.si_signo,
        .code = flight->info.si_code,
        .info = &flight->info,
        .context = &flight->context,
        .fpstate = flight->context.uc_mcontext.fpregs != NULL ? flight->fpstate : NULL,
    };
}
