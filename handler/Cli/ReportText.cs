using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>One report for people at a terminal: its record, its stacks, then its minidump.</summary>
internal static class ReportText
{
    private const int LabelWidth = 12;

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, ReportRecord report, string? dumpPath, string? heapDumpPath, MinidumpFile dump, StoredStacks stacks, TerminalColours colours)
    {
        Field(output, "Report", report.Id);
        Field(output, "State", State(report));
        Field(output, report.CaptureReason is null ? "Crashed" : "Captured", $"{report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");
        Field(output, "Process", $"{report.ProcessType}, pid {report.ProcessId}, {report.Executable}");
        Field(output, "Reason", report.Reason);
        if (report.CaptureReason is { } asked)
        {
            Field(output, "Asked for", asked);
        }

        if (report.FrozenMilliseconds is { } frozen)
        {
            Field(output, "Frozen", string.Create(CultureInfo.InvariantCulture, $"{frozen:0.0} ms"));
        }

        if (report.End is { } end)
        {
            Field(output, "Ended", EndWords.Status(end));
            OptionalField(output, "Memory", EndWords.Memory(end));
            OptionalField(output, "Cgroup", EndWords.Cgroup(end));
        }

        if (report.Access.Length > 0 && report.Access != nameof(CaptureAccess.Frozen))
        {
            Field(output, "Access", report.Access);
        }

        Field(output, "File", dumpPath ?? EndWords.NoDump);
        if (heapDumpPath is not null)
        {
            Field(output, "Heap dump", string.Create(CultureInfo.InvariantCulture, $"{heapDumpPath}, {new FileInfo(heapDumpPath).Length:N0} bytes"));
        }

        OptionalField(output, "Private", report.HasDump ? Kept(report) : null);
        if (report.Signature is { } signature)
        {
            Field(output, "Signature", signature);
        }

        if (stacks.Document is { } document)
        {
            StackText.Write(output, document, colours);
        }
        else if ((stacks.Problem ?? report.ManagedProblem) is { } missing)
        {
            Field(output, "Stacks", $"none: {missing}");
        }

        // Where the stacks have it, with its own, this is the same once more.
        if (report.Exception is { } exception && stacks.Document?.Exception is null or { Frames.Count: 0 })
        {
            WriteOwnWords(output, exception);
        }

        output.WriteLine();
        output.WriteLine("What is sent with it:");
        foreach ((string key, string value) in report.Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"  {TerminalText.Escape(key)} = {TerminalText.Escape(value)}");
        }

        foreach (string name in report.Attachments)
        {
            output.WriteLine($"  file {TerminalText.Escape(name)}");
        }

        WriteProblems(output, report, dump);
        if (report.HasDump)
        {
            output.WriteLine();
            MinidumpText.Write(output, dump);
        }
    }

    private static void WriteOwnWords(TextWriter output, ReportException exception)
    {
        Field(output, "Exception", $"{exception.Type}: {exception.Message}");
        output.WriteLine();
        output.WriteLine("The exception in its own words:");
        foreach (string line in exception.Text.TrimEnd().Split('\n'))
        {
            output.WriteLine($"  {TerminalText.Escape(line.TrimEnd('\r'))}");
        }
    }

    private static string Kept(ReportRecord report)
    {
        string environment = report.HasEnvironment ? "the environment is in the dump" : "the environment is left out";
        string stacks = report.IsSanitized ? "stacks and registers are sanitized, and what they point at is left out" : "stacks and registers are as they were";
        return $"{environment}; {stacks}";
    }

    // What the dump itself was made without stands in the dump: this is what is missing beside it, such as an attachment.
    private static void WriteProblems(TextWriter output, ReportRecord report, MinidumpFile dump)
    {
        HashSet<string> told = [.. dump.SoftErrors.Select(error => error.Text)];
        List<string> others = [.. report.SoftErrors.Where(error => !told.Contains(error))];
        if (others.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Left out or cut beside the dump:");
            others.ForEach(error => output.WriteLine($"  {TerminalText.Escape(error)}"));
        }
    }

    private static string State(ReportRecord report)
    {
        string state = ReportJson.StateName(report.State);
        if (report.ServerId is { } id)
        {
            state += $", the server calls it {id}";
        }

        if (report.LastError is { } error)
        {
            state += $"; last error: {error}";
        }

        return report.NextAttempt is { } next ? $"{state}; next attempt {next.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : state;
    }

    private static void OptionalField(TextWriter output, string label, string? value)
    {
        if (value is not null)
        {
            Field(output, label, value);
        }
    }

    private static void Field(TextWriter output, string label, string value) => output.WriteLine($"{label.PadRight(LabelWidth)}{TerminalText.Escape(value)}");
}
