using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Whose a process is: the user of its token ("Access Tokens"), as a SID in text.</summary>
internal static unsafe class ProcessToken
{
    /// <summary>SID of the system, and of what it runs as itself ("Well-known SIDs").</summary>
    public const string System = "S-1-5-18";

    // A TOKEN_USER: two words, and a SID of at most 68 bytes.
    private const int UserBytes = 128;

    // TOKEN_INFORMATION_CLASS; SID of winnt.h.
    private const int TokenIntegrityLevel = 25, SubAuthoritiesOffset = 8;

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

    /// <summary>How much a process is trusted ("Mandatory Integrity Control"): 0x1000 low, 0x2000 medium, 0x3000 elevated.</summary>
    /// <exception cref="SyscallException">It cannot be asked for.</exception>
    public static uint IntegrityOf(nint process, string subject)
    {
        using FileDescriptor token = TokenOf(process, subject);
        byte* label = stackalloc byte[UserBytes];
        uint needed;
        if (PipeCalls.GetTokenInformation(token.Number, TokenIntegrityLevel, label, UserBytes, &needed) == 0)
        {
            throw PipeCalls.LastFailure("GetTokenInformation", subject);
        }

        // A SID: revision, number of sub-authorities, authority, sub-authorities, of which the last one is the level.
        byte* sid = *(byte**)label;
        return ((uint*)(sid + SubAuthoritiesOffset))[sid[1] - 1];
    }

    private static FileDescriptor TokenOf(nint process, string subject)
    {
        nint token;
        return PipeCalls.OpenProcessToken(process, PipeCalls.TOKEN_QUERY, &token) != 0 ? new FileDescriptor((int)token) : throw PipeCalls.LastFailure("OpenProcessToken", subject);
    }

    private static string UserOf(nint process, string subject)
    {
        using FileDescriptor token = TokenOf(process, subject);
        byte* user = stackalloc byte[UserBytes];
        uint needed;
        if (PipeCalls.GetTokenInformation(token.Number, PipeCalls.TokenUser, user, UserBytes, &needed) == 0)
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
