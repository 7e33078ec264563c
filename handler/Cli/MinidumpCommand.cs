using System.CommandLine;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary><c>minidump</c>: decodes any minidump.</summary>
internal static class MinidumpCommand
{
    public static Command Create()
    {
        Argument<string> file = CommonOptions.Path(new Argument<string>("FILE") { Description = "A minidump, of whatever producer." });
        Option<bool> json = CommonOptions.Json();
        Command command = new("minidump", "Show what is in a minidump.") { file, json };
        command.AddExample("crash-handler minidump app.dmp");
        command.AddExample("crash-handler minidump app.dmp --json");
        command.SetAction(parsed =>
        {
            MinidumpFile dump = Read(parsed.GetValue(file)!);
            if (parsed.GetValue(json))
            {
                using Stream output = StandardOutput.Open();
                MinidumpJson.Write(output, dump);
            }
            else
            {
                MinidumpText.Write(Console.Out, dump);
            }

            return CommandLine.Done;
        });
        return command;
    }

    /// <summary>Reads a minidump; what is wrong with it is said with its path.</summary>
    /// <exception cref="MinidumpFormatException">It is none, or it is damaged.</exception>
    public static MinidumpFile Read(string path)
    {
        try
        {
            return MinidumpFile.Read(path);
        }
        catch (MinidumpFormatException damaged)
        {
            throw new MinidumpFormatException($"'{path}': {damaged.Message}");
        }
    }
}
