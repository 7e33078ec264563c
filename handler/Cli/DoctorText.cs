using CrashHandler.Handler.Doctor;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary>The findings of <c>doctor</c> for a person: problems first, what to do about them below, within the width of the smallest terminal.</summary>
internal static class DoctorText
{
    private const int Width = 80;
    private const int NameWidth = 14;
    private const int Indent = 4;

    // What needs somebody comes first.
    private static readonly FindingState[] s_order = [FindingState.Problem, FindingState.Warning, FindingState.Ok, FindingState.NotApplicable];

    /// <summary>Writes them.</summary>
    public static void Write(TextWriter output, IReadOnlyList<Finding> findings, TerminalColours colours)
    {
        foreach (Finding finding in findings.OrderBy(finding => Array.IndexOf(s_order, finding.State)))
        {
            string mark = Mark(finding.State);
            string beginning = $"{mark,-8}{finding.Check,-NameWidth}";
            List<string> found = Wrap(TerminalText.Escape(finding.Found), Width - beginning.Length);
            output.WriteLine($"{Paint(colours, finding.State, mark)}{beginning[mark.Length..]}{found[0]}");
            foreach (string line in found.Skip(1))
            {
                output.WriteLine($"{new string(' ', beginning.Length)}{line}");
            }

            // What is well is not explained at length.
            WriteIndented(output, "", finding.Meaning);
            WriteIndented(output, "To mend it: ", finding.Remedy);
            if (finding.Remedy is not null)
            {
                output.WriteLine();
            }
        }

        int problems = findings.Count(finding => finding.State == FindingState.Problem), warnings = findings.Count(finding => finding.State == FindingState.Warning);
        output.WriteLine($"{Count(problems, "problem")}, {Count(warnings, "warning")}, {findings.Count(finding => finding.State == FindingState.Ok)} ok");
    }

    /// <summary>A text in lines of a width at most; words that are longer have a line of their own.</summary>
    internal static List<string> Wrap(string text, int width)
    {
        List<string> lines = [];
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        lines.Add(line);
        return lines;
    }

    private static void WriteIndented(TextWriter output, string label, string? text)
    {
        foreach (string line in text is null ? [] : Wrap(label + TerminalText.Escape(text), Width - Indent))
        {
            output.WriteLine($"{new string(' ', Indent)}{line}");
        }
    }

    private static string Mark(FindingState state) => state switch
    {
        FindingState.Problem => "PROBLEM",
        FindingState.Warning => "warning",
        FindingState.Ok => "ok",
        _ => "-",
    };

    private static string Paint(TerminalColours colours, FindingState state, string text) => state switch
    {
        FindingState.Problem => colours.Alarm(text),
        FindingState.Warning => colours.Count(text),
        FindingState.Ok => colours.Place(text),
        _ => colours.Faint(text),
    };

    private static string Count(int count, string what) => $"{(count == 0 ? "no" : $"{count}")} {what}{(count == 1 ? "" : "s")}";
}
