using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Cli;

/// <summary>Examples of commands, which stand at the end of their help. Every command has one; a test parses them all, so that none says what is not so.</summary>
internal static class CommandExamples
{
    private static readonly ConditionalWeakTable<Command, List<string>> s_examples = [];

    /// <summary>Adds one to a command's help.</summary>
    /// <param name="command">The command.</param>
    /// <param name="line">What to type, from <c>crash-handler</c> on; the shell's own <c>|</c> and <c>></c> may follow.</param>
    public static void AddExample(this Command command, string line) => s_examples.GetOrCreateValue(command).Add(line);

    /// <summary>Those of a command, in their order.</summary>
    public static IReadOnlyList<string> Of(Command command) => s_examples.TryGetValue(command, out List<string>? examples) ? examples : [];

    /// <summary>Has the help of a root, and of all commands below it, end with them.</summary>
    public static void ShowInHelp(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!);
    }
}
