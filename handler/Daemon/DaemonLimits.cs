namespace CrashHandler.Handler.Daemon;

/// <summary>Every limit of the daemon, with its unit and reason.</summary>
internal static class DaemonLimits
{
    /// <summary>How long a handler without clients stays: what the queue gets to send what is left, and a restarted application finds it again.</summary>
    public static readonly TimeSpan IdleExit = TimeSpan.FromSeconds(30);

    /// <summary>How long a start waits for the lock of its address: a handler at its idle exit holds it for a few milliseconds more.</summary>
    public static readonly TimeSpan AddressLock = TimeSpan.FromSeconds(3);

    /// <summary>How often it looks at that lock; flock has no time limit of its own.</summary>
    public static readonly TimeSpan AddressLockInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Connections at once: each costs a descriptor or two, and 1,024 descriptors is what a process may count on.</summary>
    public const int MaxConnections = 400;

    /// <summary>Connections that wait for accept: what the kernel allows at most by default (net.core.somaxconn).</summary>
    public const int ListenBacklog = 4096;

    /// <summary>Capture threads: more than cores only get in each other's way, and more than four fill the disk's queue.</summary>
    public static readonly int CaptureWorkers = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>A capture that reports nothing for this long is stuck, and its victim with it: the handler ends itself.</summary>
    public static readonly TimeSpan CaptureWatchdog = TimeSpan.FromSeconds(10);

    /// <summary>How often the capture of a process that is held until its upload gives a sign of life: well within the watchdog's limit.</summary>
    public static readonly TimeSpan HoldSign = TimeSpan.FromSeconds(1);

    /// <summary>How long a single-shot handler waits for its notice: whoever started it sends it at once.</summary>
    public static readonly TimeSpan SingleShotNotice = TimeSpan.FromSeconds(1);

    /// <summary>What SIGTERM leaves for captures in hand: a service manager kills soon after.</summary>
    public static readonly TimeSpan Shutdown = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of one log file.</summary>
    public const long LogFileBytes = 1 << 20;

    /// <summary>Log files kept.</summary>
    public const int LogFiles = 3;

    /// <summary>How long the command line waits for an answer of a running handler.</summary>
    public static readonly TimeSpan InspectorAnswer = TimeSpan.FromSeconds(5);

    /// <summary>How often the command line looks whether an upload that it asked for is over: people wait.</summary>
    public static readonly TimeSpan RequestLook = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it waits for one: longer than an attempt may take.</summary>
    public static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(90);

    /// <summary>How often a reader starts over when a registration block is written under it.</summary>
    public const int BlockReadAttempts = 16;

    /// <summary>Quiet time after work before memory is given back: work comes in bursts.</summary>
    public static readonly TimeSpan TrimDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>How long nobody is accepted after the kernel refused: descriptors come back when clients end.</summary>
    public static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);
}
