/*
 * The last resort of a report: when no handler answers, this process starts one of its own, for this one death. What it needs
 * is prepared when a handler welcomes the process; the start is async-signal-safe.
 */
#include "images.h"
#include "syscalls.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 4096u
/* For the child between clone and execve: a few small frames and one page to read a directory into. */
#define STACK_BYTES 32768u
#define NUMBER_BYTES 12u
#define DECIMAL 10
#define ARGUMENTS 12
#define EXEC_FAILED_STATUS 127
#define HANDLER_NAME "/crash-handler"
#define DELETED " (deleted)"

/* Written in ordinary code only; a crash in the middle of that finds `armed` false. */
static bool armed;
static char path[PATH_BYTES];
static const char *place_option; /* what `texts` begins with */
static char texts[CH_MAX_PAYLOAD_BYTES + 2]; /* database and URL, each with its zero; both came in one payload. Or an address */
static const char *url; /* "": none */

static _Alignas(16) uint8_t stack[STACK_BYTES];
static char notice_number[NUMBER_BYTES];
static char block_number[NUMBER_BYTES];

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* Hexadecimal or decimal formatting of libc takes locks; a number is a few digits. */
static const char *decimal(char *buffer, int number)
{
    char *digit = buffer + (NUMBER_BYTES - 1);
    *digit = '\0';
    do {
        *--digit = (char)('0' + number % DECIMAL);
        number /= DECIMAL;
    } while (number > 0);
    return digit;
}

/* The executable of the handler that welcomed us, unless it was replaced since. */
static bool find_running(pid_t handler)
{
    char link[sizeof "/proc//exe" + NUMBER_BYTES] = "/proc/";
    char buffer[NUMBER_BYTES];
    if (handler <= 0) {
        return false; /* not visible in this pid namespace */
    }
    strcat(strcat(link, decimal(buffer, handler)), "/exe");
    ssize_t bytes = readlink(link, path, sizeof path - 1);
    path[bytes > 0 ? bytes : 0] = '\0';
    return ends_with(path, HANDLER_NAME) && !ends_with(path, DELETED);
}

static bool find_named(void)
{
    const char *named = secure_getenv(CH_ENV_PATH);
    if (named == NULL || named[0] != '/' || strlen(named) >= sizeof path) {
        return false;
    }
    strcpy(path, named);
    return true;
}

static int find_own_path(struct dl_phdr_info *object, size_t size, void *found)
{
    (void)size;
    if (!shim_is_this_library(object) || strlen(object->dlpi_name) >= sizeof path) {
        return 0;
    }
    strcpy(path, object->dlpi_name);
    *(bool *)found = true;
    return 1;
}

/* Beside this library, where it ships. */
static bool find_beside(void)
{
    bool found = false;
    dl_iterate_phdr(find_own_path, &found);
    char *slash = found ? strrchr(path, '/') : NULL;
    if (slash == NULL || (size_t)(slash - path) + sizeof HANDLER_NAME > sizeof path) {
        return false;
    }
    strcpy(slash, HANDLER_NAME);
    return true;
}

/* Not for the crash path. Without a handler to be found there is no last resort. */
void shim_single_shot_prepare(const char *of_database, size_t database_bytes, const char *of_url, size_t url_bytes, pid_t handler)
{
    __atomic_store_n(&armed, false, __ATOMIC_RELEASE);
    if (database_bytes == 0 || database_bytes + url_bytes + 2 > sizeof texts) {
        return;
    }
    memcpy(texts, of_database, database_bytes);
    texts[database_bytes] = '\0';
    memcpy(texts + database_bytes + 1, of_url, url_bytes);
    texts[database_bytes + 1 + url_bytes] = '\0';
    place_option = "--database";
    url = texts + database_bytes + 1;
    bool found = find_running(handler) || find_named() || find_beside();
    __atomic_store_n(&armed, found, __ATOMIC_RELEASE);
}

void shim_single_shot_prepare_unwelcomed(const char *address)
{
    __atomic_store_n(&armed, false, __ATOMIC_RELEASE);
    size_t bytes = strlen(address);
    if (bytes >= SHIM_ADDRESS_BYTES) {
        return;
    }
    memcpy(texts, address, bytes + 1);
    place_option = "--address";
    url = "";
    __atomic_store_n(&armed, find_named() || find_beside(), __ATOMIC_RELEASE);
}

/* Shared with the child, which lives in this memory until its execve. */
struct start {
    struct shim_kept kept;
    const char *arguments[ARGUMENTS];
    int error;
};

static int become_handler(void *opaque)
{
    struct start *start = opaque;
    /* Nothing of the environment: LD_PRELOAD, DOTNET_* and the rest were meant for this program. */
    static char *const environment[] = { NULL };
    syscall(SYS_setsid);
    start->error = shim_become_clean(&start->kept);
    if (start->error == 0) {
        syscall(SYS_execve, path, start->arguments, environment);
        start->error = errno;
    }
    _exit(EXEC_FAILED_STATUS);
}

static void fill_arguments(struct start *start)
{
    const char **argument = start->arguments;
    *argument++ = path;
    *argument++ = "capture";
    *argument++ = place_option;
    *argument++ = texts;
    if (url[0] != '\0') {
        *argument++ = "--url";
        *argument++ = url;
    }
    *argument++ = "--notice-fd";
    *argument++ = decimal(notice_number, start->kept.first);
    if (start->kept.second >= 0) {
        *argument++ = "--block-fd";
        *argument++ = decimal(block_number, start->kept.second);
    }
    *argument = NULL;
}

/* Without an exit signal, so that the program sees no SIGCHLD; it does not live to see a child in wait(-1). */
static int spawn(struct start *start, pid_t *child)
{
    uint64_t mask;
    shim_block_signals(&mask);
    *child = clone(become_handler, stack + sizeof stack, CLONE_VM | CLONE_VFORK, start);
    int error = *child < 0 ? errno : start->error;
    shim_restore_signals(&mask);
    return error;
}

/* Starts it and makes it the crash connection's peer: what follows is the dialogue with any handler. Returns an errno. */
int shim_single_shot_start(void)
{
    if (!__atomic_load_n(&armed, __ATOMIC_ACQUIRE)) {
        return ENOENT;
    }
    int ends[2];
    shim_drop_crash_connection(); /* First, because the program may have used up every other descriptor. */
    if (syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        return errno;
    }
    struct start start = { .kept = { ends[1], shim_block_descriptor() } };
    pid_t child;
    fill_arguments(&start);
    int error = spawn(&start, &child);
    sys_close(ends[1]);
    if (error != 0) {
        sys_close(ends[0]);
        return error;
    }
    shim_adopt_crash_connection(ends[0], child);
    return 0;
}
