namespace CrashHandler.Handler.Doctor;

// Those of what is checked on Linux.
internal static partial class DoctorLimits
{
    /// <summary>All checks together: somebody waits for them. What is not known by then is said to be unknown.</summary>
    public static readonly TimeSpan Total = TimeSpan.FromSeconds(20);

    /// <summary>The system calls tried on a child: milliseconds, but a loaded machine starts two processes for them.</summary>
    public static readonly TimeSpan Attempts = TimeSpan.FromSeconds(10);

    /// <summary>How long the child may take to stand still once it is told to: it waits for input.</summary>
    public static readonly TimeSpan Stop = TimeSpan.FromSeconds(2);

    /// <summary>How often it is looked whether it does.</summary>
    public static readonly TimeSpan StopInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>Bytes of a file of /proc or /sys that are read.</summary>
    public const int ProcFileBytes = 4 << 20;

    /// <summary>Descriptors that a handler may count on: two of each of 400 connections, and its own.</summary>
    public const ulong Descriptors = 1_024;

    /// <summary>Tasks that must be left in the control group: a handler's threads and the process that walks a dead one's stacks.</summary>
    public const long FreeTasks = 20;
}
