using System.CommandLine;
using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary><c>status</c>: running handlers and what they do.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("status", "Show the running handlers: clients, reports, queue.") { database, json };
        command.AddExample("crash-handler status");
        command.AddExample("crash-handler status --json");
        command.SetAction(parsed =>
        {
            List<StatusDocument> handlers = [.. DatabaseFinder.RunningHandlers(parsed.GetValue(database))];
            if (parsed.GetValue(json))
            {
                WriteJson(handlers);
            }
            else if (handlers.Count == 0)
            {
                Console.Out.WriteLine(parsed.GetValue(database) is { } path ? $"No handler is running for '{TerminalText.Escape(path)}'." : "No handler is running.");
            }
            else
            {
                foreach (StatusDocument handler in handlers)
                {
                    Write(Console.Out, handler);
                }
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static void WriteJson(List<StatusDocument> handlers)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, ReportJson.Indented))
        {
            writer.WriteStartArray();
            foreach (StatusDocument handler in handlers)
            {
                StatusJson.Write(writer, handler);
            }

            writer.WriteEndArray();
        }

        output.WriteByte((byte)'\n');
    }

    private static void Write(TextWriter output, StatusDocument handler)
    {
        output.WriteLine($"Handler    pid {handler.HandlerPid}, version {handler.Version}, since {handler.Since:yyyy-MM-dd HH:mm:ss}Z{(handler.Persistent ? ", persistent" : "")}");
        output.WriteLine($"Database   {TerminalText.Escape(handler.Database)}");
        output.WriteLine($"Socket     {TerminalText.Escape(handler.Address)}");
        output.WriteLine($"Uploads    {(!handler.Uploads ? "off" : handler.Paused ? "paused" : "on")}, to {TerminalText.Escape(handler.Url ?? "each report's own URL")}");
        output.WriteLine($"Reports    {(handler.Reports.Count == 0 ? "none" : string.Join(", ", handler.Reports.Select(state => $"{state.Value} {state.Key}")))}");
        output.WriteLine($"This run   {handler.Captured} captured, {handler.Lost} lost, {handler.Refused} connections refused");
        if (handler.LastUploadError is { } error)
        {
            output.WriteLine($"Last error {TerminalText.Escape(error)}");
        }

        if (handler.Clients.Count > 0)
        {
            output.WriteLine();
            List<string[]> rows = [];
            foreach (StatusClient client in handler.Clients)
            {
                rows.Add([client.Pid.ToString(), client.ProcessType, client.Product ?? "-", $"{client.Since:HH:mm:ss}Z", client.Hooks]);
            }

            TextTable.Write(output, ["PID", TableColumn.Elastic("TYPE"), TableColumn.Elastic("PRODUCT"), "SINCE", TableColumn.Elastic("HOOKS")], rows, TerminalWidth.OfOutput());
        }

        output.WriteLine();
    }
}
