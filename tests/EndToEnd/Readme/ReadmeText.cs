using System.Text.RegularExpressions;

namespace CrashHandler.Tests.EndToEnd.Readme;

/// <summary>README.md: the commands in it.</summary>
internal sealed partial class ReadmeText
{
    /// <summary>What stands for the filters of <c>reports</c>.</summary>
    private const string Filters = "[FILTERS]";

    public ReadmeText()
    {
        Text = File.ReadAllText(Path.Combine(TestPrograms.RepositoryRoot(), "README.md"));
        string prose = FencedBlock().Replace(Text, "");
        List<string> spans = [.. Span().Matches(prose).Select(Content)];
        Syntaxes = [.. VerbTable().Match(prose).Groups["row"].Captures.SelectMany(row => Span().Matches(FirstCell().Match(row.Value).Value)).Select(Content)];
        Commands =
        [
            .. Syntaxes,
            .. spans.Where(span => CommandSpan().IsMatch(span)),
            .. FencedBlock().Matches(Text).SelectMany(block => block.Groups["text"].Value.Split('\n')).Where(line => FencedCommand().IsMatch(line)).Select(line => Remark().Replace(line, "")),
        ];
        string filters = spans.Single(span => span.StartsWith("[--since ", StringComparison.Ordinal));
        Expand = command => command.Replace(Filters, filters, StringComparison.Ordinal);
        Mentions = [.. spans.Where(span => Mention().IsMatch(span)).Except(Syntaxes)];

        static string Content(Match span) => span.Groups["text"].Value.Replace(@"\|", "|", StringComparison.Ordinal);
    }

    /// <summary>All of it.</summary>
    public string Text { get; }

    /// <summary>Its blocks of C#.</summary>
    public string[] Code => [.. CodeBlock().Matches(Text).Select(block => block.Groups["text"].Value)];

    /// <summary>The first column of the verbs' table.</summary>
    public IReadOnlyList<string> Syntaxes { get; }

    /// <summary>The syntaxes, and whatever else there is to type: of <c>crash-handler</c>, <c>build/</c> and <c>dotnet</c>.</summary>
    public HashSet<string> Commands { get; }

    /// <summary>Verbs spoken of: <c>uploads pause</c>.</summary>
    public IReadOnlyList<string> Mentions { get; }

    /// <summary>A command with all filters where it names none of them.</summary>
    public Func<string, string> Expand { get; }

    /// <summary>What a command says literally: options, verbs, values.</summary>
    public IEnumerable<string> Literals(string command) => Literal().Matches(Expand(command)).Select(word => word.Value);

    [GeneratedRegex("^```[a-z]*\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex FencedBlock();

    [GeneratedRegex("^```csharp\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"^\| `crash-handler` \| \|\n\|---\|---\|\n(?<row>\|.*\n)+", RegexOptions.Multiline)]
    private static partial Regex VerbTable();

    [GeneratedRegex(@"\A\| (?:[^|\\]|\\.)*\|")]
    private static partial Regex FirstCell();

    [GeneratedRegex(@"(^|\()crash-handler [a-z]|^build/[a-z]|^[A-Z_]+=\S.* dotnet |^dotnet add ")]
    private static partial Regex CommandSpan();

    [GeneratedRegex(@"^(crash-handler [a-z]|build/[a-z]|[A-Z_]+=\S.* dotnet )")]
    private static partial Regex FencedCommand();

    [GeneratedRegex(@"\s+#.*")]
    private static partial Regex Remark();

    [GeneratedRegex(@"^(run|exec|attach|dump|status|doctor|reports|uploads|log|minidump|collect|completion)( |$)")]
    private static partial Regex Mention();

    [GeneratedRegex(@"(?<![\w.\-])-{0,2}[a-z][a-z\-]*(?![\w.])")]
    private static partial Regex Literal();
}
