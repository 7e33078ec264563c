using System.Text.Json;
using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary>Attached processes, for people a line each, for programs as JSON.</summary>
internal static class AttachLines
{
    /// <summary>One process for people: what is wrong goes to standard error.</summary>
    public static void WriteText(AttachAttempt attempt)
    {
        string process = $"{attempt.ProcessId} ({TerminalText.Escape(attempt.Name)})";
        string detail = TerminalText.Escape(attempt.Detail);
        switch (attempt.Result)
        {
            case AttachResult.Attached:
                Console.Out.WriteLine($"attached {process}; its reports go to '{TerminalText.Escape(attempt.Database!)}'");
                if (detail.Length > 0)
                {
                    Console.Error.WriteLine($"crash-handler: {detail}");
                }

                break;
            case AttachResult.Covered:
                Console.Out.WriteLine($"attached already: {process}; its reports go to '{TerminalText.Escape(attempt.Database!)}'");
                break;
            case AttachResult.NotAttachable:
                Console.Out.WriteLine($"not attachable: {process}: {detail}");
                break;
            default:
                Console.Error.WriteLine($"crash-handler: {detail}");
                break;
        }
    }

    /// <summary>How many there were of each kind.</summary>
    public static void WriteSummary(IReadOnlyList<AttachAttempt> attempts)
    {
        Console.Out.WriteLine(attempts.Count == 0 ? "No .NET process of this user runs here."
            : $"{Count(AttachResult.Attached)} attached, {Count(AttachResult.Covered)} were already, {Count(AttachResult.NotAttachable)} not attachable, {Count(AttachResult.Failed)} failed");

        int Count(AttachResult result) => attempts.Count(attempt => attempt.Result == result);
    }

    /// <summary>All of them as one array.</summary>
    public static void WriteJson(Stream output, IEnumerable<AttachAttempt> attempts)
    {
        using Utf8JsonWriter writer = new(output, ReportJson.Indented);
        writer.WriteStartArray();
        foreach (AttachAttempt attempt in attempts)
        {
            Write(writer, attempt);
        }

        writer.WriteEndArray();
    }

    /// <summary>One of them as a line.</summary>
    public static void WriteJsonLine(Stream output, AttachAttempt attempt)
    {
        using (Utf8JsonWriter writer = new(output))
        {
            Write(writer, attempt);
        }

        output.WriteByte((byte)'\n');
        output.Flush();
    }

    private static void Write(Utf8JsonWriter writer, AttachAttempt attempt)
    {
        writer.WriteStartObject();
        writer.WriteNumber("pid", attempt.ProcessId);
        writer.WriteString("name", attempt.Name);
        writer.WriteString("result", attempt.Result switch
        {
            AttachResult.Attached => "attached",
            AttachResult.Covered => "covered",
            AttachResult.NotAttachable => "notAttachable",
            _ => "failed",
        });
        writer.WriteString("database", attempt.Database);
        writer.WriteString("detail", attempt.Detail);
        writer.WriteEndObject();
    }
}
