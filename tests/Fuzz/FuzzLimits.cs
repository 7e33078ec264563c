namespace CrashHandler.Tests.Fuzz;

/// <summary>How much the fuzzers do unless told otherwise, and what it may cost.</summary>
internal static class FuzzLimits
{
    /// <summary>Frames, and registration blocks, every day.</summary>
    public const int Frames = 100_000;

    /// <summary>The same by build/soak.</summary>
    public const int SoakFrames = 1_000_000;

    /// <summary>Of them, one in so many is a block that is read in this process.</summary>
    public const int BlockPart = 5;

    /// <summary>Processes that connect.</summary>
    public const int Lenders = 8;

    /// <summary>Connections of each at once: two less than a handler takes.</summary>
    public const int Connections = 6;

    /// <summary>Connections that a lender makes in all: less than a handler takes of one in a short time.</summary>
    public const int ConnectionsInAll = 56;

    /// <summary>Frames of one connection at most.</summary>
    public const int FramesOfOne = 60;

    /// <summary>Of so many frames, one may be a notice or a demand that is right: it makes a report.</summary>
    public const int FramesPerReport = 2_000;

    /// <summary>Of so many frames, one may be of a kind that syncs a file.</summary>
    public const int FramesPerSync = 100;

    /// <summary>Bytes of the handler's collected heap.</summary>
    public const long HeapBytes = 128 << 20;

    /// <summary>KiB that the handler may have at most, at any time: its heap, its code, and what a capture copies.</summary>
    public const int PeakKiB = 256 * 1024;

    /// <summary>KiB that it may have more than before, once it is idle again.</summary>
    public const int GrowthKiB = 8 * 1024;

    /// <summary>Threads that it may have more than before: of the thread pool, which keeps some for a while.</summary>
    public const int Threads = 6;

    /// <summary>Bytes of its log, older files included: notes of random bytes are logged as they come, and that they are few, PeerAccountsTests see.</summary>
    public const long LogBytes = Handler.Daemon.DaemonLimits.LogFileBytes * Handler.Daemon.DaemonLimits.LogFiles;
}
