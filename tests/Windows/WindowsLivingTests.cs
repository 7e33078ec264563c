using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Minidump;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>Dumps of a process that lives on, under Wine. By build/test-windows only.</summary>
public sealed partial class WindowsLivingTests
{
    private const uint DumpRequested = 0x0517A7ED;

    /// <summary>By its own wish, and by somebody's who knows no more than its pid; it goes on, and ends as it would have.</summary>
    [Fact(Explicit = true)]
    public void ItIsReportedAndDumpedAndGoesOn()
    {
        using WineSandbox sandbox = new();
        RunningProcess running = sandbox.Start(
            WineSandbox.Victim, "return", "--directory", WineSandbox.Named(sandbox.Database), "--capture", "the queue is stuck", "--hold");
        string captured = "";
        for (string line = running.ReadLine(WindowsTestLimits.Run); line != "holding"; line = running.ReadLine(WindowsTestLimits.Run))
        {
            captured = CapturedLine().Match(line) is { Success: true } match ? match.Groups["id"].Value : captured;
        }

        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal((captured, "the queue is stuck"), (report.GetProperty("id").GetString(), report.GetProperty("captureReason").GetString()));
        MinidumpFile requested = MinidumpFile.Read(Path.Combine(sandbox.Database, "completed", $"{captured}.dmp"));
        Assert.Equal((DumpRequested, (uint)report.GetProperty("threadId").GetInt32()), (requested.Exception!.Code, requested.Exception.ThreadId));

        string pid = $"{report.GetProperty("pid").GetInt32()}", file = sandbox.PathOf("living.dmp");
        JsonElement dumped = sandbox.Json("dump", pid, "-o", WineSandbox.Named(file), "--json");
        Assert.Equal(new FileInfo(file).Length, dumped.GetProperty("bytes").GetInt64());
        MinidumpFile dump = MinidumpFile.Read(file);
        Assert.Null(dump.Exception);
        Assert.Equal((pid, dumped.GetProperty("threads").GetInt32()), ($"{dump.ProcessId}", dump.Threads.Count));
        Assert.Contains(dump.Modules, module => module.Path.EndsWith("coreclr.dll", StringComparison.OrdinalIgnoreCase));
        ProcessResult again = sandbox.RunHandler("dump", pid, "-o", WineSandbox.Named(file));
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("is there already", again.Error, StringComparison.Ordinal);

        running.WriteLine("");
        ProcessResult ended = running.Finish(WindowsTestLimits.Run);
        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("goes on", ended.Output, StringComparison.Ordinal);
        Assert.Single(sandbox.Reports());
    }

    [GeneratedRegex("^captured (?<id>[-0-9a-f]{36})")]
    private static partial Regex CapturedLine();
}
