using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrashHandler.Handler.Export;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports export</c>: a report as one file, to be given to somebody.</summary>
internal static class ReportsExportCommand
{
    private const string ToOutput = "-";

    public static Command Create()
    {
        Argument<string> id = new("ID") { Description = "The report's id, or the beginning of one." };
        Option<string?> output = CommonOptions.Path(new Option<string?>("--output", "-o") { Description = "The zip file; 'ID.zip' in the current directory by default. '-' is standard output.", HelpName = "FILE" });
        Option<bool> heapDump = new("--heap-dump") { Description = "With the heap dump, if there is one: all that the process had in memory." };
        Option<bool> force = new("--force") { Description = "Replace a file that is there." };
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("export", "Write a report to a zip file: minidump, record, stacks, attachments, and a README that says what is what.") { id.CompleteReportIds(database), output, heapDump, force, database, json };
        command.AddExample("crash-handler reports export 3f2a -o crash.zip");
        command.AddExample("crash-handler reports export 3f2a --heap-dump --force -o crash.zip");
        command.AddExample("crash-handler reports export 3f2a -o - | ssh build1 'cat > crash.zip'");
        command.Validators.Add(result =>
        {
            if (result.GetValue(output) != ToOutput)
            {
                return;
            }

            if (result.GetValue(json))
            {
                result.AddError("--json and -o - both write to standard output; name a file with -o.");
            }
            else if (Terminal.Is(Terminal.Output))
            {
                result.AddError("a zip file is not for a terminal; name a file with -o, or send it on with |.");
            }
        });
        // On another thread: a signal is listened to only once this returns.
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            ReportRecord report = DatabaseFinder.Find(opened, parsed.GetValue(id)!);
            string file = parsed.GetValue(output) ?? $"{report.Id}.zip";
            using ReportArchive archive = ReportArchive.Open(opened, report, Record(report, opened.HeapDumpPath(report), parsed.GetValue(heapDump)), parsed.GetValue(heapDump));
            ExportOutcome outcome = Write(archive, file, parsed.GetValue(force), cancellation);
            Tell(report, file, outcome, parsed.GetValue(json));
            return CommandLine.Done;
        }, CancellationToken.None));
        return command;
    }

    private static ExportOutcome Write(ReportArchive archive, string file, bool replaces, CancellationToken cancellation)
    {
        using ProgressLine progress = ProgressLine.OfError();
        if (file == ToOutput)
        {
            return WriteTo(StandardOutput.Open());
        }

        ExportOutcome? outcome = null;
        NewFile.Write(file, replaces, stream => outcome = WriteTo(stream));
        return outcome!;

        ExportOutcome WriteTo(Stream stream)
            => archive.WriteTo(stream, done => progress.Report(() => string.Create(CultureInfo.InvariantCulture, $"{done >> 20:N0} of {archive.Bytes >> 20:N0} MiB")), cancellation);
    }

    private static void Tell(ReportRecord report, string file, ExportOutcome outcome, bool asJson)
    {
        if (asJson)
        {
            using Stream stream = StandardOutput.Open();
            WriteJson(stream, report, file, outcome);
            stream.WriteByte((byte)'\n');
            return;
        }

        if (file != ToOutput)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TerminalText.Escape(Path.GetFullPath(file))}: {new FileInfo(file).Length} bytes, {outcome.Files.Count} files of report {report.Id}"));
        }

        foreach (string missing in outcome.LeftOut)
        {
            Console.Error.WriteLine($"{CommandLine.Name}: left out: {TerminalText.Escape(missing)}");
        }
    }

    // The paths are those in the export: those here mean nothing to whoever gets it.
    private static byte[] Record(ReportRecord report, string? heapDumpPath, bool withHeapDump)
    {
        using MemoryStream record = new();
        using (Utf8JsonWriter writer = new(record, ReportJson.Indented))
        {
            writer.WriteStartObject();
            ReportJson.WriteRecord(writer, report, report.HasDump ? ReportArchive.DumpName : null, withHeapDump && heapDumpPath is not null ? ReportArchive.HeapDumpName : null, heapDumpPath is null ? null : new FileInfo(heapDumpPath).Length);
            writer.WriteEndObject();
        }

        record.WriteByte((byte)'\n');
        return record.ToArray();
    }

    private static void WriteJson(Stream output, ReportRecord report, string file, ExportOutcome outcome)
    {
        using Utf8JsonWriter writer = new(output, ReportJson.Indented);
        writer.WriteStartObject();
        writer.WriteString("id", report.Id);
        writer.WriteString("file", Path.GetFullPath(file));
        writer.WriteNumber("bytes", new FileInfo(file).Length);
        writer.WriteStartArray("files");
        foreach (ExportedFile exported in outcome.Files)
        {
            writer.WriteStartObject();
            writer.WriteString("name", $"{report.Id}/{exported.Name}");
            writer.WriteNumber("bytes", exported.Bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("leftOut");
        foreach (string missing in outcome.LeftOut)
        {
            writer.WriteStringValue(missing);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
