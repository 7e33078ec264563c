namespace CrashHandler.Handler.Capture.Windows;

/// <summary>Limits of a capture on Windows, with unit and reason.</summary>
internal static class WindowsDumpLimits
{
    /// <summary>For dbghelp to write a dump: a second on Windows, half a minute under Wine. The client's dialogue ends after 120 s, and the report is to be filed before.</summary>
    public static readonly TimeSpan Writing = TimeSpan.FromSeconds(90);

    /// <summary>How often a sign of life is given while it writes: well within the watchdog's limit of 20 s.</summary>
    public static readonly TimeSpan Sign = TimeSpan.FromSeconds(1);

    /// <summary>For dbghelp to hear that a dump is given up, because this process ends: it asks between a module and the next, and a process that is ended has seconds.</summary>
    public static readonly TimeSpan GivingUp = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a process is held still at most, from when its guard stands by: a handler that is stopped must not hold it for ever. Longer than <see cref="Writing"/> and what comes after it, and less than the
    /// client's 120 s, so that it still ends by itself what it began.
    /// </summary>
    public static readonly TimeSpan Holding = TimeSpan.FromSeconds(114);

    /// <summary>For a guard to stand by: a tenth of a second for its runtime to start, seconds on a busy machine. Later, the process is held without one until it comes: the report matters more.</summary>
    public static readonly TimeSpan StandingBy = TimeSpan.FromSeconds(10);

    /// <summary>EXCEPTION_MAXIMUM_PARAMETERS: an EXCEPTION_RECORD has room for no more, and dbghelp copies as many as it names.</summary>
    public const uint ExceptionParameters = 15;

    /// <summary>Regions of memory that are looked at for code, a second: ten times what a process with a large heap has.</summary>
    public const int Regions = 1_000_000;

    /// <summary>UTF-16 units of a program's path: the longest that Windows has.</summary>
    public const int PathUnits = 32_768;
}
