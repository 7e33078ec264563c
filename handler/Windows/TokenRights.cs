namespace CrashHandler.Handler.Posix;

/// <summary>With what rights a process runs ("Access Tokens", "Mandatory Integrity Control").</summary>
/// <param name="IsElevated">TokenElevation: it has its administrator's rights.</param>
/// <param name="Level">Its integrity level, the last part of the SID ("Well-known SIDs").</param>
internal readonly record struct TokenRights(bool IsElevated, uint Level)
{
    // TOKEN_MANDATORY_LABEL: a pointer and a word, and a SID of at most 68 bytes behind them.
    private const int LabelBytes = 128;

    // In a SID: how many parts it has, and where the first one is (winnt.h).
    private const int CountOffset = 1, PartsOffset = 8;

    private const int TokenElevation = 20, TokenIntegrityLevel = 25;

    /// <summary>Of this process.</summary>
    /// <exception cref="SyscallException">They cannot be asked for.</exception>
    public static TokenRights Own => Of(PipeCalls.GetCurrentProcess(), "this process");

    /// <summary>Of another one; null: it is gone, or does not let itself be looked at, as an elevated process does not by one that is not.</summary>
    public static TokenRights? Of(int processId)
    {
        try
        {
            using FileDescriptor process = ProcessFacts.Open(processId);
            return Of(process.Number, $"process {processId}");
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    private static unsafe TokenRights Of(nint process, string subject)
    {
        nint handle;
        if (PipeCalls.OpenProcessToken(process, PipeCalls.TOKEN_QUERY, &handle) == 0)
        {
            throw PipeCalls.LastFailure("OpenProcessToken", subject);
        }

        using FileDescriptor token = new((int)handle);
        uint isElevated, needed;
        nint* label = stackalloc nint[LabelBytes / sizeof(nint)];
        if (PipeCalls.GetTokenInformation(handle, TokenElevation, &isElevated, sizeof(uint), &needed) == 0
            || PipeCalls.GetTokenInformation(handle, TokenIntegrityLevel, label, LabelBytes, &needed) == 0)
        {
            throw PipeCalls.LastFailure("GetTokenInformation", subject);
        }

        byte* sid = (byte*)*label;
        return new TokenRights(isElevated != 0, ((uint*)(sid + PartsOffset))[sid[CountOffset] - 1]);
    }
}
