namespace CrashHandler.Handler.Posix;

/// <summary>What this process may use. Windows has no such limits of a process's own: a job object's are its operator's.</summary>
internal static class ProcessLimits
{
    // "Pushing the Limits of Windows: Handles": 16,777,216 for each process.
    private const ulong Handles = 16_777_216;

    /// <summary>Nothing to raise.</summary>
    /// <returns>How many files it may open.</returns>
    public static ulong RaiseOpenFiles() => Handles;

    /// <summary>A file that would grow too long is an error of the write here.</summary>
    public static void IgnoreFileSizeSignal()
    {
    }
}
