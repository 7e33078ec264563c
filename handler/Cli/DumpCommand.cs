using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrashHandler.Handler.Dump;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary><c>dump</c>: a minidump of a running process.</summary>
internal static class DumpCommand
{
    public static Command Create()
    {
        Argument<int> process = new("PID") { Description = "The process: any of this user's; of anybody's for root. It goes on." };
        Option<string?> output = CommonOptions.Path(new Option<string?>("--output", "-o") { Description = "The minidump; 'PID.dmp' in the current directory by default. Nothing may be there.", HelpName = "FILE" });
        Option<bool> json = CommonOptions.Json();
        Command command = new("dump", "Write a minidump of a running process, which goes on.") { process, output, json };
        command.AddExample("crash-handler dump 1234 -o app.dmp");
        command.AddExample("crash-handler dump 1234 --json");
        command.SetAction(parsed =>
        {
            int pid = parsed.GetValue(process);
            DumpOutcome dump = ProcessDump.Run(pid, parsed.GetValue(output) ?? $"{pid}.dmp");
            if (parsed.GetValue(json))
            {
                WriteJson(pid, dump);
                return CommandLine.Done;
            }

            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{TerminalText.Escape(dump.Path)}: {dump.Bytes} bytes, {dump.Threads} thread{(dump.Threads == 1 ? "" : "s")}, the process stood still for {dump.Frozen.TotalMilliseconds:0.0} ms"));
            if (dump.SoftErrors > 0)
            {
                Console.Error.WriteLine($"crash-handler: {dump.SoftErrors} thing{(dump.SoftErrors == 1 ? "" : "s")} could not be read or had to be cut; 'crash-handler minidump {TerminalText.Escape(dump.Path)}' says which");
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static void WriteJson(int pid, DumpOutcome dump)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, ReportJson.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("pid", pid);
            writer.WriteString("dump", dump.Path);
            writer.WriteNumber("bytes", dump.Bytes);
            writer.WriteNumber("threads", dump.Threads);
            writer.WriteNumber("frozenMilliseconds", dump.Frozen.TotalMilliseconds);
            writer.WriteNumber("softErrors", dump.SoftErrors);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
