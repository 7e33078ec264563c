/*
 * One report: the notice, the wait for its release. Runs in signal handlers, with little stack and nothing else: no
 * allocation, no lock, no stdio. One thread reports; the notice is static because there is only one.
 */
#include "shim.h"
#include "syscalls.h"

#include <linux/kcmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

/* Who reports: pid and tid in one word, so that a forked child does not take its parent's report for its own. 0: nobody. */
static uint64_t reporter;
/* The reporter whose report is over. */
static uint64_t reported;

uint32_t shim_options;
uint32_t shim_hold_ms;

static struct ch_crash_notice notice;

static uint64_t this_thread(void)
{
    return (uint64_t)(uint32_t)shim_pid() << 32 | (uint32_t)shim_tid();
}

static bool same_process(uint64_t left, uint64_t right)
{
    return left >> 32 == right >> 32;
}

static int64_t dialogue_deadline(void)
{
    return shim_deadline(CH_DIALOGUE_LIMIT_MS + (int64_t)shim_hold_ms);
}

static void wait_for_report(uint64_t other)
{
    int64_t deadline = dialogue_deadline();
    while (__atomic_load_n(&reported, __ATOMIC_ACQUIRE) != other && shim_now() < deadline) {
        sys_poll(NULL, SHIM_WAIT_STEP_MS);
    }
}

/* Another process in this very memory (vfork, clone without CLONE_THREAD), with the same static notice. Not known: a forked copy. */
static bool shares_memory(uint64_t other)
{
    return syscall(SYS_kcmp, shim_pid(), (pid_t)(other >> 32), KCMP_VM, 0, 0) == 0;
}

/*
 * True: the caller is the one that reports, and must call shim_report_finish. False: this process has been reported;
 * another thread's report in progress is waited for, the caller's own is not.
 */
bool shim_report_begin(void)
{
    uint64_t self = this_thread();
    uint64_t current = __atomic_load_n(&reporter, __ATOMIC_ACQUIRE);
    do {
        if (current != 0 && same_process(current, self)) {
            if (current != self) {
                wait_for_report(current);
            }
            return false;
        }
        if (current != 0 && __atomic_load_n(&reported, __ATOMIC_ACQUIRE) != current && shares_memory(current)) {
            wait_for_report(current);
        }
    } while (!__atomic_compare_exchange_n(&reporter, &current, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return true;
}

/* The kernel's signal frame holds less than glibc's ucontext_t: what lies beyond the first eight bytes of the mask is not its. */
static void copy_context(uint8_t *target, const struct shim_evidence *evidence)
{
    size_t bytes = evidence->flags & CH_NOTICE_GETCONTEXT ? offsetof(ucontext_t, __fpregs_mem)
                                                          : offsetof(ucontext_t, uc_sigmask) + sizeof(uint64_t);
    memcpy(target, evidence->context, bytes);
}

static void describe_own_abort(uint8_t *target)
{
    siginfo_t info = { .si_signo = SIGABRT, .si_code = SI_TKILL };
    info.si_pid = shim_pid();
    info.si_uid = (uid_t)syscall(SYS_getuid);
    memcpy(target, &info, CH_SIGINFO_BYTES);
}

static void fill_notice(const struct shim_evidence *evidence)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    memset(&notice, 0, sizeof notice);
    notice.size = sizeof notice;
    notice.flags = evidence->flags | (shim_dotnet ? CH_NOTICE_DOTNET : 0) | (evidence->fpstate ? CH_NOTICE_FPSTATE_VALID : 0);
    notice.pid = shim_pid();
    notice.tid = shim_tid();
    notice.signal = evidence->signal;
    notice.code = evidence->code;
    __asm__("mov %%fs:0, %0" : "=r"(notice.fs_base)); /* the thread pointer points at itself */
    notice.siginfo_address = (uintptr_t)evidence->info;
    notice.ucontext_address = (uintptr_t)evidence->context;
    notice.fpstate_address = (uintptr_t)evidence->fpstate;
    notice.time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    copy_context(notice.ucontext, evidence);
    if (evidence->info != NULL) {
        memcpy(notice.siginfo, evidence->info, CH_SIGINFO_BYTES);
    } else {
        describe_own_abort(notice.siginfo);
    }
    if (evidence->fpstate != NULL) {
        memcpy(notice.fxsave, evidence->fpstate, CH_FXSAVE_BYTES);
    }
}

/* The earlier of the dialogue's end and `milliseconds` from now. */
static int64_t within(int64_t limit, int64_t milliseconds)
{
    int64_t deadline = shim_deadline(milliseconds);
    return deadline < limit ? deadline : limit;
}

/* Reads frames until `wanted` comes. Each other one is a sign of life, and allows as much again for the next. */
static int await(uint16_t wanted, int64_t patience_ms, int64_t limit)
{
    for (;;) {
        struct ch_frame_header header;
        int error = shim_receive(shim_connections.crash, &header, NULL, 0, within(limit, patience_ms));
        if (error != 0) {
            return error;
        }
        if (header.type == wanted) {
            return 0;
        }
        if (header.type == CH_FRAME_REFUSAL) {
            return EPROTO;
        }
        if (header.type == CH_FRAME_HAND_OVER) {
            shim_hand_over(within(limit, patience_ms));
        }
    }
}

/* The runtime may have named createdump as its tracer in the meantime, and a new connection may lead to another handler. */
void shim_name_tracer(void)
{
    if (shim_connections.handler > 0) {
        prctl(PR_SET_PTRACER, (unsigned long)shim_connections.handler, 0, 0, 0);
    }
}

/* A handler that was stopped in the middle holds every other thread of this process: only its end frees them. */
static void kill_handler(void)
{
    if (shim_connections.pidfd >= 0) {
        syscall(SYS_pidfd_send_signal, shim_connections.pidfd, SIGKILL, NULL, 0);
    }
}

/* The whole dialogue on the crash connection as it is now. */
static int converse(int64_t taken_limit_ms, int64_t limit)
{
    shim_name_tracer();
    int error = shim_send(shim_connections.crash, CH_FRAME_NOTICE, 0, &notice, sizeof notice, -1, within(limit, taken_limit_ms));
    error = error != 0 ? error : await(CH_FRAME_TAKEN, taken_limit_ms, limit);
    if (error != 0) {
        return error;
    }
    error = await(CH_FRAME_RELEASE, CH_SILENCE_LIMIT_MS, limit);
    if (error == ETIMEDOUT) {
        kill_handler();
    }
    return error;
}

/* Whoever answers: the handler that welcomed this process, whoever listens at its address now, or one of our own. */
static void report_to_anyone(void)
{
    int64_t limit = dialogue_deadline();
    if (shim_crash_connection_stands() && converse(CH_TAKEN_LIMIT_MS, limit) == 0) {
        return;
    }
    if (shim_reconnect_crash(within(limit, CH_TAKEN_LIMIT_MS)) == 0 && converse(CH_TAKEN_LIMIT_MS, limit) == 0) {
        return;
    }
    if (shim_now() < limit && shim_single_shot_start() == 0 && converse(CH_ANSWER_LIMIT_MS, limit) != 0) {
        kill_handler(); /* It is nobody else's. */
    }
}

void shim_report_finish(const struct shim_evidence *evidence)
{
    uint64_t mask;
    shim_block_signals(&mask); /* A handler of the program's could jump out of the report, which others wait for. */
    shim_hold_connections();
    fill_notice(evidence);
    report_to_anyone();
    if (shim_options & CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    __atomic_store_n(&reported, this_thread(), __ATOMIC_RELEASE);
    shim_restore_signals(&mask);
}

void shim_report(const struct shim_evidence *evidence)
{
    if (shim_report_begin()) {
        shim_report_finish(evidence);
    }
}
