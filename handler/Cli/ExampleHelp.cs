using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CrashHandler.Handler.Cli;

/// <summary>The usual help of a command, and its examples.</summary>
/// <param name="usual">The usual one.</param>
internal sealed class ExampleHelp(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = usual.Invoke(parseResult);
        IReadOnlyList<string> examples = CommandExamples.Of(parseResult.CommandResult.Command);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.Count > 0)
        {
            output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (string example in examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return exitCode;
    }
}
