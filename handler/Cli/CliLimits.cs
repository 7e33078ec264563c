namespace CrashHandler.Handler.Cli;

/// <summary>Every limit of the command line, with its unit and reason.</summary>
internal static class CliLimits
{
    /// <summary>Bytes of output that are written at once: what a pipe holds.</summary>
    public const int OutputBufferBytes = 64 << 10;

    /// <summary>Columns of a terminal that does not say how many it has: what terminals have had since punched cards.</summary>
    public const int TerminalColumns = 80;

    /// <summary>Columns below which no cell is shortened: less says nothing.</summary>
    public const int MinCellColumns = 8;

    /// <summary>How long a thing may take before it is said how far it is: people wait that long without wondering.</summary>
    public static readonly TimeSpan ProgressDelay = TimeSpan.FromSeconds(1);

    /// <summary>How often that is said anew: as fast as anybody reads.</summary>
    public static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a pipe is asked whether anybody reads it, where nobody tells: as long as somebody waits who has closed it.</summary>
    public static readonly TimeSpan OutputLook = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of the log that are read at once: of the three of 1 MiB that there may be.</summary>
    public const int LogPieceBytes = 64 << 10;

    /// <summary>Lines of the log that come before those that are followed, unless another number is asked for; as tail and journalctl have it.</summary>
    public const int FollowedLines = 10;
}
