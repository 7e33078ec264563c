/* Waits for the end of the handler. Not for the crash path. */
#include "shim.h"

/* Milliseconds between two looks at the pipe itself, because a handler may close it and live on; and where its process is not ours to wait for. */
#define LOOK_MS 30000
#define LOOK_MS_WITHOUT_PROCESS 1000

struct watched {
    HANDLE control;
    HANDLE replaced;
    HANDLE process; /* NULL: it may not be waited for */
};

static HANDLE copy(HANDLE handle)
{
    HANDLE own = NULL;
    if (handle != NULL) {
        DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &own, 0, FALSE, DUPLICATE_SAME_ACCESS);
    }
    return own;
}

static void forget(HANDLE handle)
{
    if (handle != NULL) {
        CloseHandle(handle);
    }
}

static struct shim_error wait_on(const struct watched *watched)
{
    HANDLE events[] = { watched->replaced, watched->process };
    DWORD count = watched->process != NULL ? 2 : 1;
    for (;;) {
        switch (WaitForMultipleObjects(count, events, FALSE, count > 1 ? LOOK_MS : LOOK_MS_WITHOUT_PROCESS)) {
        case WAIT_OBJECT_0:
            return SHIM_FAILED(SHIM_ECANCELED, "another connection took this one's place");
        case WAIT_OBJECT_0 + 1:
            return SHIM_DONE;
        case WAIT_TIMEOUT:
            if (!PeekNamedPipe(watched->control, NULL, 0, NULL, NULL, NULL)) {
                return SHIM_DONE;
            }
            break;
        default:
            return shim_last_error("WaitForMultipleObjects");
        }
    }
}

/* 0: the connection is of no more use, because the handler is gone or closed it. ECANCELED: it was replaced. */
struct shim_error shim_wait_for_end(void)
{
    AcquireSRWLockShared(&shim_watch_lock);
    bool is_connected = shim_connections.control != NULL;
    struct watched watched = { copy(shim_connections.control), copy(shim_connections.replaced), copy(shim_connections.process) };
    ReleaseSRWLockShared(&shim_watch_lock);
    struct shim_error error = !is_connected ? SHIM_FAILED(SHIM_ENOTCONN, "there is no connection")
        : watched.control == NULL || watched.replaced == NULL ? SHIM_FAILED(SHIM_ENOMEM, "DuplicateHandle") : wait_on(&watched);
    forget(watched.control);
    forget(watched.replaced);
    forget(watched.process);
    return error;
}
