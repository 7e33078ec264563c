using System.IO.Compression;
using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>What a report under Wine holds, and what is done with it. By build/test-windows only.</summary>
public sealed class WindowsReportTests(WindowsReport report) : IClassFixture<WindowsReport>
{
    // What windows_victim.c writes to.
    private const string Unmapped = "0x1230";

    /// <summary>The thread that died stands at the instruction that wrote; Breakpad's processor says the same.</summary>
    [Fact(Explicit = true)]
    public void AddressAndRegistersAreTheFaults()
    {
        Assert.Equal(Unmapped, report.Json.GetProperty("address").GetString());
        JsonElement thread = report.Json.GetProperty("threads")[0];
        Assert.Equal((report.Victim.ThreadId, true), (thread.GetProperty("id").GetInt32(), thread.GetProperty("crashed").GetBoolean()));
        Assert.EndsWith("windows_victim_native.dll", thread.GetProperty("module").GetString(), StringComparison.OrdinalIgnoreCase);
        MinidumpFile dump = MinidumpFile.Read(report.Dump);
        Amd64Context registers = dump.Exception!.Context!.Value;
        Assert.Equal<ulong>([1, 0x1230], dump.Exception.Parameters);
        Assert.InRange(registers.Rsp, dump.CrashedThread!.Stack.Address, dump.CrashedThread.Stack.Address + dump.CrashedThread.Stack.Size);
        ToolResult walked = BreakpadTools.StackwalkMachine(report.Dump);
        Assert.Contains($"Crash|EXCEPTION_ACCESS_VIOLATION_WRITE|{Unmapped}|", walked.Output, StringComparison.Ordinal);
        DumpModule native = dump.ModuleAt(registers.Rip)!;
        Assert.Contains($"|0|windows_victim_native.dll||||0x{registers.Rip - native.Address:x}", walked.Output, StringComparison.Ordinal);
    }

    /// <summary>
    /// What could not be had is said: in the report, what its dump lacks in the dump, too, and to who asks for it. Wine writes some 100,000 ranges of what the stacks point at, of which a dump of ours
    /// keeps the first.
    /// </summary>
    [Fact(Explicit = true)]
    public void WhatIsMissingIsASoftError()
    {
        string[] errors = [.. report.Json.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!)];

        DumpSoftError cut = Assert.Single(MinidumpFile.Read(report.Dump).SoftErrors);
        Assert.Equal(["MemoryList", $"attachment {WindowsReport.Missing}:"], errors.Select(error => error.StartsWith("attachment ", StringComparison.Ordinal) ? error[..(error.IndexOf(": ", StringComparison.Ordinal) + 1)] : error.Split(' ')[0]));
        Assert.Contains(errors[0].Split(": ", 2)[1], cut.Text, StringComparison.Ordinal);
        Assert.Contains(WindowsReport.Missing, report.Sandbox.RunHandler("reports", "show", Id, "--database", Database).Output, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void AttachmentsAreKeptAndExported()
    {
        string name = Assert.Single(report.Json.GetProperty("attachments").EnumerateArray()).GetString()!;
        Assert.Equal("app.log", name);
        string zip = report.Sandbox.PathOf("whole.zip");

        ProcessResult export = report.Sandbox.RunHandler("reports", "export", Id, "--database", Database, "--output", WineSandbox.Named(zip));

        Assert.Equal((0, ""), (export.ExitCode, export.Error));
        using ZipArchive archive = ZipFile.OpenRead(zip);
        ZipArchiveEntry entry = Assert.Single(archive.Entries, entry => entry.FullName.EndsWith(name, StringComparison.Ordinal));
        using StreamReader reader = new(entry.Open());
        Assert.Equal(WindowsReport.AttachmentText, reader.ReadToEnd());
    }

    [Fact(Explicit = true)]
    public void TheOneWhoWatchesSawItCome()
    {
        JsonElement line = JsonElement.Parse(report.Watched);

        Assert.Equal((Id, report.Victim.ProcessId, "EXCEPTION_ACCESS_VIOLATION_WRITE"), (line.GetProperty("id").GetString(), line.GetProperty("pid").GetInt32(), line.GetProperty("reason").GetString()!.Split(' ')[0]));
    }

    /// <summary>It was meant for nobody, and uploads are off for its application: who asks sends it all the same, attachments included.</summary>
    [Fact(Explicit = true)]
    public void ItIsSentWhenSomebodyAsks()
    {
        EndToEnd.Collector collector = report.Sandbox.StartCollector();

        ProcessResult sent = report.Sandbox.RunHandler("reports", "upload", Id, "--database", Database, "--url", collector.Url, "--json");

        Assert.Equal((0, ""), (sent.ExitCode, sent.Error));
        JsonElement line = JsonElement.Parse(sent.Output);
        Assert.Equal((Id, "uploaded"), (line.GetProperty("id").GetString(), line.GetProperty("state").GetString()));
        string arrived = Assert.Single(collector.Arrived());
        Assert.Equal(WindowsReport.AttachmentText, File.ReadAllText($"{arrived}.attachment-app.log"));
        Assert.Equal(File.ReadAllBytes(report.Dump), File.ReadAllBytes(arrived + ".dmp"));
        Assert.Equal("fault", EndToEnd.Collector.Fields(arrived)["kind"]);
    }

    private string Id => report.Json.GetProperty("id").GetString()!;

    private string Database => WineSandbox.Named(report.Sandbox.Database);
}
