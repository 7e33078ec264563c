using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Managed;

/// <summary>The lines of the victim's source that have a comment "line: NAME".</summary>
internal static partial class SourceMarkers
{
    public const string Folder = "tests/victims/StackVictim";

    private static readonly Lazy<Dictionary<string, (string File, int Line)>> s_all = new(Read);

    /// <summary>File below the repository's root, and line.</summary>
    public static (string File, int Line) Find(string marker)
        => s_all.Value.TryGetValue(marker, out (string, int) place) ? place : throw new InvalidOperationException($"no line of {Folder} is marked '{marker}'");

    private static Dictionary<string, (string File, int Line)> Read()
        => Directory.EnumerateFiles(Path.Combine(TestPrograms.RepositoryRoot(), Folder), "*.cs")
            .SelectMany(file => File.ReadLines(file).Select((text, index) => (Match: Marker().Match(text), Place: ($"{Folder}/{Path.GetFileName(file)}", index + 1))))
            .Where(line => line.Match.Success)
            .ToDictionary(line => line.Match.Groups["name"].Value, line => line.Place);

    [GeneratedRegex(@" // line: (?<name>\S+)$")]
    private static partial Regex Marker();
}
