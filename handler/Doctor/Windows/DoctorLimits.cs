namespace CrashHandler.Handler.Doctor;

// Those of what is checked on Windows.
internal static partial class DoctorLimits
{
    /// <summary>All checks together: somebody waits for them. What is not known by then is said to be unknown.</summary>
    public static readonly TimeSpan Total = TimeSpan.FromSeconds(100);

    /// <summary>A dump of a child, tried: two seconds on Windows, with the start of two processes, and a minute under Wine.</summary>
    public static readonly TimeSpan Attempts = TimeSpan.FromSeconds(90);

    /// <summary>Regions of a process's address space that are looked at for the files behind them: a large heap has 100,000, and each takes two microseconds.</summary>
    public const int Regions = 1_000_000;
}
