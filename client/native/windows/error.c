/* Errors of Windows as Linux numbers them. */
#include "shim.h"

static int number_of(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
        return SHIM_ENOENT;
    case ERROR_ACCESS_DENIED:
    case 740: /* ERROR_ELEVATION_REQUIRED */
        return SHIM_EACCES;
    case ERROR_INVALID_HANDLE:
        return SHIM_EBADF;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES:
        return SHIM_ENOMEM;
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
        return SHIM_ENOEXEC;
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_BAD_PIPE:
        return SHIM_ECONNRESET;
    case ERROR_PIPE_BUSY:
    case ERROR_SEM_TIMEOUT:
    case WAIT_TIMEOUT:
        return SHIM_ETIMEDOUT;
    case ERROR_OPERATION_ABORTED:
        return SHIM_ECANCELED;
    case ERROR_FILENAME_EXCED_RANGE:
        return SHIM_ENAMETOOLONG;
    case ERROR_INVALID_PARAMETER:
        return SHIM_EINVAL;
    default:
        return SHIM_EIO;
    }
}

struct shim_error shim_win32(const char *call, DWORD error)
{
    return (struct shim_error) { number_of(error), error, call };
}

struct shim_error shim_last_error(const char *call)
{
    return shim_win32(call, GetLastError());
}
