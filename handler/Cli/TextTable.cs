using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary>Rows under headings, for a terminal.</summary>
internal static class TextTable
{
    /// <summary>Writes them, columns as wide as needed, each text escaped.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> all = [headings, .. rows.Select(row => row.Select(TerminalText.Escape).ToList())];
        int[] widths = [.. headings.Select((_, column) => all.Max(row => row[column].Length))];
        foreach (IReadOnlyList<string> row in all)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
