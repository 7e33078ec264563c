namespace CrashHandler;

/// <summary>Every limit of the client, with its unit and reason. Those of the wire are in <see cref="Protocol.ProtocolLimits"/>.</summary>
internal static class ClientLimits
{
    /// <summary>How long <c>Start</c> waits for a handler to be ready: it needs some 10 ms, an application's start must not hang on it.</summary>
    public static readonly TimeSpan Launch = TimeSpan.FromSeconds(5);

    /// <summary>How often <c>Start</c> launches when the handler it was sent to ended meanwhile (its idle exit and our connect can cross).</summary>
    public const int LaunchAttempts = 3;

    /// <summary>The longest <c>WaitForUpload</c>: whoever needs more needs a place for reports that lasts.</summary>
    public static readonly TimeSpan LongestWaitForUpload = TimeSpan.FromHours(1);

    /// <summary>Bytes of a folder's name: NAME_MAX of Linux.</summary>
    public const int FolderNameBytes = 255;

    /// <summary>How long a dying thread waits for another thread's change of the registration, which takes microseconds.</summary>
    public static readonly TimeSpan ExceptionLock = TimeSpan.FromSeconds(1);

    /// <summary>Pieces of heap kept back for describing the exception of a full heap: 256 KiB in all, for its text and what composing that takes.</summary>
    public const int ReservePieces = 32;

    /// <summary>Bytes of such a piece: a small object.</summary>
    public const int ReservePieceBytes = 8_192;

    /// <summary>How often a process looks for the handler that another one starts, before it starts one itself.</summary>
    public const int Looks = 20;

    /// <summary>Between a child's looks for the handler that its main process starts anew: it is there after some 10 ms.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Between looks after a handler that was asked to end: whoever did so may be ending this process too (a service manager asks all of them), or
    /// starting another handler. A crash meanwhile needs none that waits.
    /// </summary>
    public static readonly TimeSpan LookIntervalAfterOrderlyEnd = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of stack of the thread that waits for the handler's end: it calls little, but the JIT compiler runs on it.</summary>
    public const int WatchStackBytes = 512 * 1024;
}
