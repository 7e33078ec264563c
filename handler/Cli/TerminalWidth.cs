using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>How wide tables may be.</summary>
internal static class TerminalWidth
{
    private const string Variable = "COLUMNS";

    /// <summary>Columns of standard output's terminal; null: it is none, and whoever reads it wants all.</summary>
    public static int? OfOutput() => Terminal.Is(Terminal.Output) ? Of(Terminal.Columns(Terminal.Output), Environment.GetEnvironmentVariable(Variable)) : null;

    /// <summary>Columns of a terminal.</summary>
    /// <param name="told">What it says itself; 0: nothing.</param>
    /// <param name="wished">What the variable <c>COLUMNS</c> says, which counts for more: a shell exports it only when somebody asked for it.</param>
    public static int Of(int told, string? wished)
        => int.TryParse(wished, NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0 ? columns
            : told > 0 ? told
            : CliLimits.TerminalColumns;
}
