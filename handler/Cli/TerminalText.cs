using System.Text;

namespace CrashHandler.Handler.Cli;

/// <summary>Text for a terminal: what came from a crashed process must not move the cursor or ring the bell.</summary>
internal static class TerminalText
{
    /// <summary>Writes control characters as <c>\xNN</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        StringBuilder escaped = new(text.Length + 16);
        foreach (char c in text)
        {
            _ = char.IsControl(c) ? escaped.Append($"\\x{(int)c:x2}") : escaped.Append(c);
        }

        return escaped.ToString();
    }

    /// <summary>Writes rows under headings, columns as wide as needed.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> all = [headings, .. rows.Select(row => row.Select(Escape).ToList())];
        int[] widths = [.. headings.Select((_, column) => all.Max(row => row[column].Length))];
        foreach (IReadOnlyList<string> row in all)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
