namespace CrashHandler.Handler.Attach;

/// <summary>Every limit of this room, with its unit and reason.</summary>
internal static class AttachLimits
{
    /// <summary>For the runtime of a process to have started, which takes some 50 ms: then it is stopped, or held.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(10);

    /// <summary>How old a single-file application must be whose assemblies are not seen, as they are compressed: a hundred times what its start takes.</summary>
    public static readonly TimeSpan UnseenStart = TimeSpan.FromSeconds(5);

    /// <summary>For each answer of the target: a thread of its own gives it, in milliseconds, or never if the process is stopped.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks: whether the process has started, and for what it wrote once it is attached; either is there by then as a rule.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>How often a process that just appeared is tried: its runtime makes the diagnostics port, and answers there, some 50 ms after its start.</summary>
    public const int Attempts = 20;

    /// <summary>Between two attempts: with them, a start on a busy machine is waited for.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Bytes of /proc/PID/maps, /proc/PID/environ and /proc/PID/cmdline: the kernel's own limit for arguments is 6 MiB.</summary>
    public const int ProcFileBytes = 8 * 1024 * 1024;
}
