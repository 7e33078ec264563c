using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Whose a process is: the user of its token ("Access Tokens"), as a SID in text.</summary>
internal static unsafe class ProcessToken
{
    /// <summary>SID of the system, and of what it runs as itself ("Well-known SIDs").</summary>
    public const string System = "S-1-5-18";

    /// <summary>SID of the group of administrators, which an elevated process may own things as.</summary>
    public const string Administrators = "S-1-5-32-544";

    // A TOKEN_USER: two words, and a SID of at most 68 bytes.
    private const int UserBytes = 128;

    private static string? s_own;

    /// <summary>SID of this process's user.</summary>
    /// <exception cref="SyscallException">It cannot be asked for.</exception>
    public static string Own => s_own ??= UserOf(PipeCalls.GetCurrentProcess(), "this process");

    /// <summary>SID of a process's user; null: it is gone, or does not let itself be looked at, as an elevated process does not by one that is not.</summary>
    public static string? UserOf(int processId)
    {
        nint process = PipeCalls.OpenProcess(PipeCalls.PROCESS_QUERY_LIMITED_INFORMATION, 0, (uint)processId);
        if (process == 0)
        {
            return null;
        }

        using FileDescriptor owned = new((int)process);
        try
        {
            return UserOf(process, $"process {processId}");
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    private static string UserOf(nint process, string subject)
    {
        nint token;
        if (PipeCalls.OpenProcessToken(process, PipeCalls.TOKEN_QUERY, &token) == 0)
        {
            throw PipeCalls.LastFailure("OpenProcessToken", subject);
        }

        using FileDescriptor owned = new((int)token);
        byte* user = stackalloc byte[UserBytes];
        uint needed;
        if (PipeCalls.GetTokenInformation(token, PipeCalls.TokenUser, user, UserBytes, &needed) == 0)
        {
            throw PipeCalls.LastFailure("GetTokenInformation", subject);
        }

        nint text;
        if (PipeCalls.ConvertSidToStringSidW(*(nint*)user, &text) == 0)
        {
            throw PipeCalls.LastFailure("ConvertSidToStringSid", subject);
        }

        string sid = Marshal.PtrToStringUni(text)!;
        _ = PipeCalls.LocalFree(text);
        return sid;
    }
}
