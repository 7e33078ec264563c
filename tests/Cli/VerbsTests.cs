using System.CommandLine;
using CrashHandler.Handler.Cli;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>What holds of every verb, also of one that comes later.</summary>
public sealed class VerbsTests
{
    // They stay, become another program, or write a script: there is nothing for a program to read.
    private static readonly string[] s_withoutJson = ["run", "capture", "exec", "completion"];

    [Fact]
    public void EveryVerbThatSaysSomethingSaysItAsJsonToo()
    {
        List<string> without = [.. Verbs(CommandLine.CreateRoot()).Where(verb => verb.Options.All(option => option.Name != "--json")).Select(verb => verb.Name)];
        Assert.Equal(s_withoutJson, without);
    }

    [Fact]
    public void EveryVerbsJsonIsDescribed()
    {
        string readme = File.ReadAllText(Path.Combine(TestPrograms.RepositoryRoot(), "handler", "README.md"));
        Assert.All(Verbs(CommandLine.CreateRoot()).Where(verb => verb.Options.Any(option => option.Name == "--json")), verb =>
            Assert.True(readme.Split('\n').Any(line => line.StartsWith("## ", StringComparison.Ordinal) && Described(line, verb) && line.Contains("--json", StringComparison.Ordinal)),
                $"handler/README.md has no heading with '{Words(verb)}' and --json"));
    }

    /// <summary>.NET's own stream takes a closed pipe for success, and knows nothing of what is held back.</summary>
    [Fact]
    public void NoneWritesPastTheOutputThatIsGuarded()
        => Assert.All(Directory.EnumerateFiles(Path.Combine(TestPrograms.RepositoryRoot(), "handler", "Cli"), "*.cs", SearchOption.AllDirectories), file =>
            Assert.DoesNotContain("Console.OpenStandard", File.ReadAllText(file), StringComparison.Ordinal));

    // A heading names verbs; those of a group may stand together, as in "uploads on|off".
    private static bool Described(string heading, Command verb)
        => heading.Contains(Words(verb), StringComparison.Ordinal) || Words(verb).Split(' ').All(word => heading.Split(' ', '|', '`').Contains(word, StringComparer.Ordinal));

    private static string Words(Command verb) => string.Join(' ', verb.Parents.OfType<Command>().Where(parent => parent is not RootCommand).Select(parent => parent.Name).Append(verb.Name));

    private static IEnumerable<Command> Verbs(Command command) => command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Verbs);
}
