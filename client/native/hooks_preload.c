/*
 * Stage 1: the names that a preloaded shim takes over, and its start. A program that has no CRASH_HANDLER_PIPE, or whose
 * handler does not answer, goes through to libc untouched.
 */
#include "images.h"

#include <stdlib.h>

typedef void (*handler_function)(int);
typedef int (*sigaction_function)(int, const struct sigaction *, struct sigaction *);
typedef handler_function (*signal_function)(int, handler_function);

SHIM_API int sigaction(int signal, const struct sigaction *action, struct sigaction *former);
SHIM_API handler_function signal(int number, handler_function handler);
SHIM_API _Noreturn void abort(void);
SHIM_API int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, shim_thread_routine routine, void *argument);
handler_function ssignal(int number, handler_function handler); /* glibc's own signal, under its other name */

/* Of the next library that takes these names over, or libc's; NULL before our constructor ran. */
static sigaction_function next_sigaction;
static signal_function next_signal;

/* A runtime makes itself known by its handler for SIGSEGV. Looking for it takes the loader's lock: not while a fault is handled. */
static bool is_first_segv_handler(int signal, const struct sigaction *action)
{
    return shim_installed && !shim_dotnet && signal == SIGSEGV && action != NULL && action->sa_handler != SIG_DFL
        && action->sa_handler != SIG_IGN && shim_flight_live(0) == NULL;
}

int sigaction(int signal, const struct sigaction *action, struct sigaction *former)
{
    if (is_first_segv_handler(signal, action)) {
        shim_detect_runtime();
    }
    bool theirs = !shim_installed || !shim_is_ours(signal);
    return theirs && next_sigaction != NULL ? next_sigaction(signal, action, former) : shim_sigaction(signal, action, former);
}

handler_function signal(int number, handler_function handler)
{
    if (!shim_installed || !shim_is_ours(number) || handler == SIG_ERR) {
        handler_function former = next_signal != NULL ? next_signal(number, handler) : ssignal(number, handler);
        return former;
    }
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    struct sigaction former;
    sigaddset(&action.sa_mask, number);
    return shim_sigaction(number, &action, &former) == 0 ? former.sa_handler : SIG_ERR;
}

void abort(void)
{
    shim_abort();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, shim_thread_routine routine, void *argument)
{
    return shim_pthread_create(thread, attributes, routine, argument);
}

/* Where this library ends: made by the linker. */
extern const char _end[] __attribute__((visibility("hidden")));

static bool is_ours(void *function)
{
    return (const char *)function >= __ehdr_start && (const char *)function < _end;
}

/* Loaded before libc, these names lead here; opened later, they lead to libc. Any will do: another library may come before us. */
bool shim_is_preloaded(void)
{
    return is_ours((void *)sigaction) || is_ours((void *)signal) || is_ours((void *)abort);
}

static __attribute__((constructor)) void start(void)
{
    if (!shim_is_preloaded()) {
        return;
    }
    int error = errno;
    shim_next_abort = (shim_abort_function)shim_find_next("abort");
    next_sigaction = (sigaction_function)shim_find_next("sigaction");
    next_signal = (signal_function)shim_find_next("signal");
    const char *address = secure_getenv(CH_ENV_PIPE);
    struct shim_welcome ignored = { 0 };
    if (address != NULL) {
        int refused = shim_connect_both(address, &ignored, SHIM_PRELOAD_LIMIT_MS, SHIM_PRELOAD_LIMIT_MS);
        if (refused == 0 || shim_await_handler(address, refused)) {
            shim_install_signals();
        }
    }
    errno = error;
}
