using System.Text;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary>Rows under headings, for a terminal.</summary>
internal static class TextTable
{
    private const string Gap = "  ";

    /// <summary>Writes them, columns as wide as needed, each text escaped.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="columns">The columns: a text is a heading.</param>
    /// <param name="rows">As many texts each as there are columns.</param>
    /// <param name="width">Columns of the terminal, as of <see cref="TerminalWidth"/>; elastic columns are shortened to fit it. Null: as wide as it comes.</param>
    public static void Write(TextWriter output, IReadOnlyList<TableColumn> columns, IEnumerable<IReadOnlyList<string>> rows, int? width = null)
    {
        List<IReadOnlyList<string>> all = [columns.Select(column => column.Heading).ToList(), .. rows.Select(row => row.Select(TerminalText.Escape).ToList())];
        int[] widths = [.. columns.Select((_, column) => all.Max(row => TextWidth.Of(row[column])))];
        Fit(widths, columns, width ?? int.MaxValue);
        // Many lines at once: each write is a system call.
        StringBuilder lines = new();
        foreach (IReadOnlyList<string> row in all)
        {
            lines.Append(string.Join(Gap, row.Select((cell, column) => TextWidth.Pad(TextWidth.Cut(cell, widths[column]), widths[column]))).TrimEnd()).Append('\n');
            if (lines.Length > CliLimits.OutputBufferBytes)
            {
                output.Write(lines);
                lines.Clear();
            }
        }

        output.Write(lines);
    }

    // The widest gives first, so that as many texts as can be stay whole.
    private static void Fit(int[] widths, IReadOnlyList<TableColumn> columns, int available)
    {
        int excess = widths.Sum() + (Gap.Length * (widths.Length - 1)) - available;
        while (excess > 0)
        {
            int widest = Widest(widths, columns);
            if (widest < 0)
            {
                return;
            }

            widths[widest]--;
            excess--;
        }
    }

    private static int Widest(int[] widths, IReadOnlyList<TableColumn> columns)
    {
        int widest = -1;
        for (int column = 0; column < widths.Length; column++)
        {
            int least = Math.Max(CliLimits.MinCellColumns, columns[column].Heading.Length);
            if (columns[column].IsElastic && widths[column] > least && (widest < 0 || widths[column] > widths[widest]))
            {
                widest = column;
            }
        }

        return widest;
    }
}
