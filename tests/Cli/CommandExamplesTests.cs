using System.CommandLine;
using System.CommandLine.Parsing;
using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>Every command that is for people has an example in its help, and every example is what the parser takes.</summary>
public sealed class CommandExamplesTests
{
    /// <summary>Path of each command, such as <c>reports list</c>; the root's is empty.</summary>
    public static TheoryData<string> Commands => [.. Below(CommandLine.CreateRoot(), "").Select(command => command.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void HelpEndsWithExamplesThatParse(string path)
    {
        RootCommand root = CommandLine.CreateRoot();
        Command command = Below(root, "").Single(candidate => candidate.Path == path).Command;
        IReadOnlyList<string> examples = CommandExamples.Of(command);
        using StringWriter output = new();

        int exitCode = root.Parse([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Invoke(new InvocationConfiguration { Output = output });

        Assert.Equal(0, exitCode);
        Assert.True(examples.Count > 0, $"'crash-handler {path}' has no example; add one with AddExample");
        string title = examples.Count == 1 ? "Example:" : "Examples:";
        Assert.EndsWith($"\n{title}\n{string.Concat(examples.Select(example => $"  {example}\n"))}\n", output.ToString(), StringComparison.Ordinal);
        Assert.All(examples, example => AssertParses(root, command, example));
        // What completes an id from a database must not stand in the help: the ids that there are.
        Assert.All(command.Arguments.Where(argument => argument.Name == "ID"), argument => Assert.Equal("ID", argument.HelpName));
    }

    private static void AssertParses(RootCommand root, Command command, string example)
    {
        // What follows is the shell's.
        string own = example.Split(" | ")[0].Split(" > ")[0];
        string[] words = [.. CommandLineParser.SplitCommandLine(own.Replace('\'', '"'))];
        Assert.Equal("crash-handler", words[0]);
        ParseResult parsed = root.Parse(words[1..]);
        Assert.Equal([], parsed.Errors.Select(error => error.Message));
        List<Command> parsedTo = [];
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult at; result = result.Parent)
        {
            parsedTo.Add(at.Command);
        }

        // A group's example is one of those below it.
        Assert.Contains(command, parsedTo);
    }

    // Hidden ones are what programs call.
    private static IEnumerable<(string Path, Command Command)> Below(Command command, string path)
        => command.Subcommands.Where(below => !below.Hidden).SelectMany(below => Below(below, $"{path} {below.Name}".Trim())).Prepend((path, command));
}
