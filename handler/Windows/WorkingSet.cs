using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Gives back the memory that only the start, or a capture, has needed: a handler idles for days beside every application.</summary>
internal static partial class WorkingSet
{
    private const nint ThisProcess = -1;

    /// <summary>Gives it back: garbage to the system, and all pages to its standby list, from which those that are needed come back.</summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // Advice: what the system does not take stays.
        _ = K32EmptyWorkingSet(ThisProcess);
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32EmptyWorkingSet(nint process);
}
