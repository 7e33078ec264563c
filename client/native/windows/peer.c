/* Who serves the pipe: this user, the system, or an administrator. */
#include "shim.h"

/* A token's user or owner with its SID. */
#define SID_BUFFER_BYTES (sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE)

union token_answer {
    TOKEN_USER user;
    TOKEN_OWNER owner;
    uint8_t bytes[SID_BUFFER_BYTES];
};

static bool query(HANDLE token, TOKEN_INFORMATION_CLASS kind, union token_answer *answer)
{
    DWORD length;
    return GetTokenInformation(token, kind, answer, sizeof *answer, &length);
}

static struct shim_error check_tokens(HANDLE own, HANDLE servers)
{
    union token_answer mine, theirs;
    if (!query(own, TokenUser, &mine) || !query(servers, TokenUser, &theirs)) {
        return shim_last_error("GetTokenInformation");
    }
    if (EqualSid(mine.user.User.Sid, theirs.user.User.Sid) || IsWellKnownSid(theirs.user.User.Sid, WinLocalSystemSid)) {
        return SHIM_DONE;
    }
    if (query(servers, TokenOwner, &theirs) && IsWellKnownSid(theirs.owner.Owner, WinBuiltinAdministratorsSid)) {
        return SHIM_DONE;
    }
    return SHIM_FAILED(SHIM_EACCES, "the pipe's server is another user's");
}

/* EACCES: it is somebody else's, or its token may not be looked at. Anybody may make a pipe of any name that is free. */
struct shim_error shim_check_server(HANDLE pipe, DWORD *pid)
{
    if (!GetNamedPipeServerProcessId(pipe, pid)) {
        return shim_last_error("GetNamedPipeServerProcessId");
    }
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, *pid);
    if (process == NULL) {
        return shim_last_error("OpenProcess of the pipe's server");
    }
    HANDLE own = NULL, servers = NULL;
    struct shim_error error = SHIM_DONE;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) || !OpenProcessToken(process, TOKEN_QUERY, &servers)) {
        error = shim_last_error("OpenProcessToken");
    } else {
        error = check_tokens(own, servers);
    }
    if (own != NULL) {
        CloseHandle(own);
    }
    if (servers != NULL) {
        CloseHandle(servers);
    }
    CloseHandle(process);
    return error;
}
