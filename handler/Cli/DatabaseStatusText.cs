using System.Globalization;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary><see cref="DatabaseStatus"/> for a person.</summary>
internal static class DatabaseStatusText
{
    private const int ShownDeaths = 3;

    /// <summary>Writes one.</summary>
    public static void Write(TextWriter output, DatabaseStatus status, TerminalColours colours)
    {
        if (status.Handler is { } running)
        {
            output.WriteLine($"Handler    {colours.Heading($"pid {running.HandlerPid}")}, version {TerminalText.Escape(running.Version)}, since {Time(running.Since)}{(running.Persistent ? ", persistent" : "")}");
        }
        else
        {
            output.WriteLine($"Handler    {colours.Alarm("none is running")}; what waits is sent when one does");
        }

        output.WriteLine($"Database   {TerminalText.Escape(status.Database)}");
        if (status.Handler is { } listening)
        {
            output.WriteLine($"Socket     {TerminalText.Escape(listening.Address)}");
        }

        output.WriteLine($"Uploads    {Uploads(status)}");
        output.WriteLine($"Reports    {(status.Reports.Count == 0 ? "none" : string.Join(", ", status.Reports.OrderBy(state => state.Key).Select(state => $"{state.Value} {ReportJson.StateName(state.Key)}")))}");
        output.WriteLine($"Queue      {Queue(status)}");
        output.WriteLine($"Disk       {Disk(status.Usage)}");
        if (status.Handler is { } handler)
        {
            output.WriteLine($"This run   {handler.Captured} captured, {handler.Lost} lost, {handler.Refused} connections refused{Refusals(handler)}; "
                + $"{handler.Attempts} {(handler.Attempts == 1 ? "attempt" : "attempts")} to send, {handler.Uploaded} uploaded, {handler.Failed} failed");
        }

        WriteDeaths(output, status.HandlerDeaths, colours);
        foreach (RecentError error in status.Handler?.LastErrors ?? [])
        {
            output.WriteLine($"Error      {Time(error.Time)}, {StatusJson.NameOf(error.Kind)}: {TerminalText.Escape(error.Message)}");
        }

        WriteClients(output, status.Handler?.Clients ?? []);
        output.WriteLine();
    }

    private static string Refusals(StatusDocument handler)
    {
        List<string> kinds = [];
        for (int end = 0; end < handler.Refusals.Length; end++)
        {
            if (handler.Refusals[end] > 0)
            {
                kinds.Add($"{handler.Refusals[end]} {ConnectionEnds.TextOf((ConnectionEnd)end)}");
            }
        }

        return kinds.Count == 0 ? "" : $" ({string.Join(", ", kinds)})";
    }

    private static string Uploads(DatabaseStatus status)
    {
        string choice = status.Permission switch
        {
            UploadPermission.On => "on",
            UploadPermission.Paused => "paused ('crash-handler uploads resume' goes on)",
            _ => (status.OperatorUploads, status.ApplicationUploads) switch
            {
                (false, true) => "off, by the operator",
                (true, false) => "off, by the application",
                _ => "off, by the application and the operator",
            },
        };
        return status.Handler is { } handler ? $"{choice}, to {TerminalText.Escape(handler.Url ?? "each report's own URL")}" : choice;
    }

    private static string Queue(DatabaseStatus status)
    {
        string waits = status.Waiting switch
        {
            0 => "nothing waits",
            1 => "1 report waits",
            int many => $"{many} reports wait",
        };
        return status.Handler switch
        {
            null => waits,
            { Sending: { } id } => $"{waits}, {TerminalText.Escape(id)} is being sent",
            { NextAttempt: { } next } => $"{waits}, the next attempt is at {Time(next)}",
            { Waiting: null } when status.Waiting > 0 => $"{waits}; another handler sends them",
            _ => waits,
        };
    }

    private static string Disk(DatabaseUsage usage)
    {
        (string Name, long Bytes)[] kinds =
        [
            ("dumps", usage.Dumps), ("stacks", usage.Stacks), ("records", usage.Records), ("attachments", usage.Attachments), ("heap dumps", usage.HeapDumps),
            ("unfinished", usage.Unfinished), ("quarantine", usage.Quarantine), ("other", usage.Other),
        ];
        string parts = string.Join(", ", kinds.Where(kind => kind.Bytes > 0).Select(kind => $"{kind.Name} {Bytes(kind.Bytes)}"));
        return $"{(usage.IsTruncated ? "more than " : "")}{Bytes(usage.Total)}{(parts.Length > 0 ? $" ({parts})" : "")}; {Bytes(usage.Free)} free";
    }

    private static void WriteDeaths(TextWriter output, IReadOnlyList<HandlerDeath> deaths, TerminalColours colours)
    {
        if (deaths.Count == 0)
        {
            return;
        }

        string last = string.Join(", ", deaths.Take(ShownDeaths).Select(death => $"pid {death.ProcessId} {(death.Noticed is { } noticed ? Time(noticed) : "since the last start")}"));
        string count = deaths.Count == ReportsLimits.HandlerDeaths ? $"{deaths.Count} or more handlers" : deaths.Count == 1 ? "1 handler" : $"{deaths.Count} handlers";
        output.WriteLine($"Deaths     {colours.Alarm(count)} killed or crashed: {last}{(deaths.Count > ShownDeaths ? ", ..." : "")}");
    }

    private static void WriteClients(TextWriter output, IReadOnlyList<StatusClient> clients)
    {
        if (clients.Count == 0)
        {
            return;
        }

        output.WriteLine();
        TextTable.Write(
            output,
            ["PID", TableColumn.Elastic("TYPE"), TableColumn.Elastic("PRODUCT"), "SINCE", TableColumn.Elastic("HOOKS")],
            clients.Select(client => new[] { $"{client.Pid}", client.ProcessType, client.Product ?? "-", Time(client.Since), client.Missing == nameof(Hooks.None) ? client.Hooks : $"{client.Hooks}; MISSING {client.Missing}" }),
            TerminalWidth.OfOutput());
    }

    private static string Time(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z";

    private static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };
}
