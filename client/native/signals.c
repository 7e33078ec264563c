/*
 * The one logic: the shim stays first in line for seven signals, keeps for each the action that the program believes is
 * installed, and reports the moment the program gives up on a fault. Handlers and shim_sigaction are async-signal-safe.
 */
#include "shim.h"

#include <stddef.h>
#include <string.h>

#define SIGNAL_LIMIT 32 /* the seven signals are all below */
/* Former actions stay readable for handlers that just loaded one, as long as this many changes are not made meanwhile. */
#define KEPT_ACTIONS 32u
#define PAGE_BYTES 4096u

static const int signals[] = SHIM_SIGNALS;
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

/* What the program believes is installed. Records are never changed once published, so no reader needs a lock. */
static struct sigaction kept[SIGNAL_LIMIT][KEPT_ACTIONS];
static uint32_t published[SIGNAL_LIMIT];
static const struct sigaction *next_actions[SIGNAL_LIMIT];
static const struct sigaction default_action = { .sa_handler = SIG_DFL };

volatile sig_atomic_t shim_installed;

bool shim_is_ours(int signal)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i] == signal) {
            return true;
        }
    }
    return false;
}

static const struct sigaction *next_of(int signal)
{
    const struct sigaction *next = __atomic_load_n(&next_actions[signal], __ATOMIC_ACQUIRE);
    return next != NULL ? next : &default_action;
}

/* Makes `action` the next one and returns the former. */
static const struct sigaction *publish(int signal, const struct sigaction *action)
{
    uint32_t number = __atomic_fetch_add(&published[signal], 1, __ATOMIC_RELAXED);
    struct sigaction *record = &kept[signal][number % KEPT_ACTIONS];
    *record = *action;
    const struct sigaction *former = __atomic_exchange_n(&next_actions[signal], record, __ATOMIC_ACQ_REL);
    return former != NULL ? former : &default_action;
}

static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* The kernel raised it for an instruction of this thread, rather than somebody having sent it. */
bool shim_is_fault(const siginfo_t *info)
{
    return info->si_code > 0;
}

/* libc's abort, or what cannot be told from it. */
static bool is_own_abort(const siginfo_t *info)
{
    return info->si_signo == SIGABRT && info->si_code == SI_TKILL && info->si_pid == shim_pid();
}

/* The faulting instruction runs again when the handler returns. Not so after a breakpoint and a forbidden system call. */
static bool recurs(const siginfo_t *info)
{
    return shim_is_fault(info) && info->si_signo != SIGTRAP && info->si_signo != SIGSYS;
}

static void set_default(int signal)
{
    __sigaction(signal, &default_action, NULL);
}

static struct shim_evidence evidence_of(const siginfo_t *info, const ucontext_t *context)
{
    return (struct shim_evidence) {
        .signal = info->si_signo,
        .code = info->si_code,
        .info = info,
        .context = context,
        .fpstate = context->uc_mcontext.fpregs,
    };
}

/* Always fatal in .NET, and its own handler for it runs with hardly any stack: so it is reported before. */
static bool is_dotnet_overflow(const siginfo_t *info, const ucontext_t *context)
{
    uintptr_t sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    return shim_dotnet && info->si_signo == SIGSEGV && shim_is_fault(info)
        && (uintptr_t)info->si_addr - (sp - PAGE_BYTES) < 2 * PAGE_BYTES;
}

/* A thread cannot be waited for here, so the signal is sent to it once more; it arrives when our handler returns. */
static void send_again(int signal, siginfo_t *info)
{
    pid_t pid = shim_pid();
    if (syscall(SYS_rt_tgsigqueueinfo, pid, shim_tid(), signal, info) != 0) {
        syscall(SYS_tgkill, pid, shim_tid(), signal);
    }
}

/*
 * What came meanwhile is not handled on the way back. The kernel's mask is one word, and the siginfo lies behind it: nothing of
 * glibc's for its longer sigset_t may write there.
 */
static void block_all_but(int signal, ucontext_t *context)
{
    uint64_t mask = ~(UINT64_C(1) << (signal - 1));
    memcpy(&context->uc_sigmask, &mask, sizeof mask);
}

/* The program has no handler: it dies of this signal as it would have without us. */
static void die(int signal, siginfo_t *info, ucontext_t *context)
{
    bool init = shim_pid() == SHIM_INIT_PID;
    if (init && !shim_is_fault(info) && !is_own_abort(info)) {
        return; /* The kernel spares PID 1 a signal that it does not handle. */
    }
    struct shim_evidence evidence = evidence_of(info, context);
    shim_report(&evidence);
    if (init && !recurs(info)) {
        _exit(SHIM_SIGNAL_STATUS + signal);
    }
    set_default(signal);
    block_all_but(signal, context);
    if (!recurs(info)) {
        send_again(signal, info);
    }
}

/*
 * A runtime whose sigaction is not seen (it has no slot for it) put the default back by itself, and returns to the faulting instruction, or to
 * libc's abort: the kernel would end the process next, and nobody would have been called.
 */
static bool gave_up_unseen(int signal, const siginfo_t *info, const ucontext_t *context, greg_t faulted)
{
    struct sigaction current;
    return shim_dotnet && !(shim_hooks() & CH_HOOK_SIGACTION) && (recurs(info) || is_own_abort(info)) && context->uc_mcontext.gregs[REG_RIP] == faulted
        && __sigaction(signal, NULL, &current) == 0 && current.sa_handler == SIG_DFL;
}

/* Calls the program's handler, exactly as the kernel would have. */
static void deliver(int signal, siginfo_t *info, ucontext_t *context, const struct sigaction *next, const uintptr_t *frame)
{
    bool repeated;
    greg_t faulted = context->uc_mcontext.gregs[REG_RIP];
    void (*handler)(int, siginfo_t *, void *) = next->sa_sigaction;
    struct shim_flight *flight = shim_flight_begin(signal, info, context, frame, &repeated);
    if (repeated) {
        struct shim_evidence evidence = evidence_of(info, context);
        shim_report(&evidence);
    }
    if (next->sa_flags & (int)SA_RESETHAND) {
        publish(signal, &default_action);
    }
    handler(signal, info, context);
    if (gave_up_unseen(signal, info, context, faulted)) {
        struct shim_evidence evidence = evidence_of(info, context);
        shim_report(&evidence);
    }
    shim_flight_end(flight, context);
}

static void on_signal(int signal, siginfo_t *info, void *opaque)
{
    int error = errno;
    ucontext_t *context = opaque;
    const struct sigaction *next = next_of(signal);
    if (is_dotnet_overflow(info, context)) {
        struct shim_evidence evidence = evidence_of(info, context);
        shim_report(&evidence);
    }
    if (is_handler(next)) {
        deliver(signal, info, context, next, __builtin_frame_address(0));
    } else if (next->sa_handler == SIG_DFL || shim_is_fault(info)) {
        die(signal, info, context);
    }
    errno = error;
}

/*
 * Ours, with what the program asked for: SA_ONSTACK on a signal whose handler does not expect the small alternate stack
 * would overflow it. Where the program has no handler, the alternate stack can only help, and no handler of its own for another
 * signal may run in a process that would be dead without us: it could jump out of the report. NativeAOT's for SIGSEGV only
 * changes the context and returns, but does not ask for one, so that a stack overflow would kill silently.
 */
static int install(int signal, const struct sigaction *next)
{
    struct sigaction ours = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    if (is_handler(next)) {
        int on_stack = signal == SIGSEGV && shim_dotnet == SHIM_NATIVE_AOT ? SA_ONSTACK : 0;
        ours.sa_flags = SA_SIGINFO | on_stack | (next->sa_flags & (SA_ONSTACK | SA_RESTART | (int)SA_NODEFER));
        ours.sa_mask = next->sa_mask;
    } else {
        sigfillset(&ours.sa_mask);
    }
    return __sigaction(signal, &ours, NULL);
}

/* The program restores the default. True: it gave up on a fault of this thread, which is reported, and the default goes in. */
static bool gives_up(int signal)
{
    const struct shim_flight *flight = shim_flight_live(signal);
    if (flight == NULL) {
        return false;
    }
    struct shim_evidence evidence = shim_flight_evidence(flight);
    if (!shim_is_fault(evidence.info) && !is_own_abort(evidence.info)) {
        return false; /* It was sent, and the program lives on: .NET does, once. */
    }
    shim_report(&evidence);
    return true;
}

/* The program's sigaction. */
int shim_sigaction(int signal, const struct sigaction *action, struct sigaction *former)
{
    shim_end_createdump();
    if (!shim_installed || !shim_is_ours(signal)) {
        return __sigaction(signal, action, former);
    }
    if (action == NULL) {
        if (former != NULL) {
            *former = *next_of(signal);
        }
        return 0;
    }
    struct sigaction wanted = *action; /* `former` may be the same memory */
    bool gave_up = wanted.sa_handler == SIG_DFL && gives_up(signal);
    const struct sigaction *replaced = publish(signal, &wanted);
    if (former != NULL) {
        *former = *replaced;
    }
    return gave_up ? __sigaction(signal, &default_action, NULL) : install(signal, &wanted);
}

/* Puts ours in front of what is installed now. Idempotent. */
void shim_install_signals(void)
{
    if (shim_installed) {
        return;
    }
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        struct sigaction current;
        if (__sigaction(signals[i], NULL, &current) == 0) {
            publish(signals[i], &current);
        }
    }
    shim_flights_prepare();
    shim_installed = 1;
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        install(signals[i], next_of(signals[i]));
    }
    shim_give_alternate_stack();
}
