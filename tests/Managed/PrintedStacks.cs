using System.Text.RegularExpressions;

namespace CrashHandler.Tests.Managed;

/// <summary>What the runtime prints of a death on standard error: methods, and lines where it knows them.</summary>
internal static partial class PrintedStacks
{
    /// <summary>The victim's frames in the order in which they are printed, those of a stack that is repeated once.</summary>
    public static (string Method, string? File, int Line)[] Of(string error)
        => [.. Frame().Matches(error)
            .Select(frame => (MethodText.Plain(frame.Groups["method"].Value), frame.Groups["file"] is { Success: true } file ? file.Value : null,
                frame.Groups["line"] is { Success: true } line ? int.Parse(line.Value, System.Globalization.CultureInfo.InvariantCulture) : 0))
            .Where(frame => frame.Item1.StartsWith("CrashHandler.Victims.", StringComparison.Ordinal) || frame.Item1.StartsWith("Program.", StringComparison.Ordinal))];

    // "   at N.Deaths.Throw() in /src/Deaths.cs:line 56", "   at N.Deaths.FailFast()".
    [GeneratedRegex(@"^   at (?<method>[^\n]+?\)(?:\+MoveNext\(\))?)(?: in (?<file>[^\n]+):line (?<line>\d+))?(?:<---)?$", RegexOptions.Multiline)]
    private static partial Regex Frame();
}
