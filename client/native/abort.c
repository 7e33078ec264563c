/* The program's call of abort. Async-signal-safe, as abort itself must be. */
#include "shim.h"

#include <stddef.h>

#define REGISTER_BITS 16
/* What is left when not even SIGABRT ends the process: glibc's own last resort. */
#define LAST_STATUS 127

shim_abort_function shim_next_abort;

/* Static, because only one thread reports and abort may be called on a small stack. */
static ucontext_t context;
static _Alignas(16) uint8_t fpstate[CH_FXSAVE_BYTES];

/* getcontext leaves these out. */
static greg_t segment_registers(void)
{
    uint16_t cs, gs, fs, ss;
    __asm__("mov %%cs, %0\n\tmov %%gs, %1\n\tmov %%fs, %2\n\tmov %%ss, %3" : "=r"(cs), "=r"(gs), "=r"(fs), "=r"(ss));
    return (greg_t)((uint64_t)cs | (uint64_t)gs << REGISTER_BITS | (uint64_t)fs << 2 * REGISTER_BITS
                    | (uint64_t)ss << 3 * REGISTER_BITS);
}

/* Its frame stays on the stack until the report is over, so the context taken here is true all the time. */
static __attribute__((noinline)) void report_without_fault(void)
{
    getcontext(&context);
    context.uc_mcontext.gregs[REG_CSGSFS] = segment_registers();
    __asm__("fxsave64 %0" : "=m"(fpstate));
    struct shim_evidence evidence = {
        .signal = SIGABRT,
        .code = SI_TKILL,
        .flags = CH_NOTICE_GETCONTEXT,
        .context = &context,
        .fpstate = fpstate,
    };
    shim_report_finish(&evidence);
}

static void report_abort(void)
{
    if (!shim_report_begin()) {
        return;
    }
    const struct shim_flight *flight = shim_flight_live(0);
    if (flight == NULL) {
        report_without_fault();
        return;
    }
    struct shim_evidence evidence = shim_flight_evidence(flight);
    shim_report_finish(&evidence);
}

/* As glibc's: SIGABRT with whatever handler there is, then without one. */
static _Noreturn void abort_by_hand(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    syscall(SYS_tgkill, shim_pid(), shim_tid(), SIGABRT);
    __sigaction(SIGABRT, &(struct sigaction) { .sa_handler = SIG_DFL }, NULL);
    syscall(SYS_tgkill, shim_pid(), shim_tid(), SIGABRT);
    _exit(LAST_STATUS);
}

_Noreturn void shim_abort(void)
{
    if (shim_installed) {
        report_abort();
        if (shim_pid() == SHIM_INIT_PID) {
            _exit(SHIM_SIGNAL_STATUS + SIGABRT);
        }
    }
    if (shim_next_abort != NULL) {
        shim_next_abort();
    }
    abort_by_hand();
}
