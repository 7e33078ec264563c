using System.Text.Json;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Output that cannot be written, of every kind of verb: who closes the pipe ends it silently, and a full disk is one line.</summary>
public sealed class OutputTests : IDisposable
{
    /// <summary>What a shell says of a process that SIGPIPE ended.</summary>
    private const int ClosedPipe = 128 + 13;

    private const int Failed = 1;
    private const int WrongUsage = 2;

    private readonly Sandbox _sandbox = new(Identities.Own);
    private readonly string _report;

    public OutputTests() => _report = FileReport(_sandbox, 1);

    public static TheoryData<string> Writers =>
    [
        "--help", "--version", "reports list --help", "reports list", "reports list --json", "reports list --group", "reports list --group --json", "reports show {id}", "reports show {id} --json",
        "reports show {id} --html -", "reports export {id} -o -", "reports export {id} --json", "reports watch -n 1", "reports watch -n 1 --json", "uploads status", "uploads status --json", "uploads pause",
        "uploads pause --json", "status", "status --json", "doctor", "doctor --json", "reports prune --dry-run", "reports prune --dry-run --json",
        "reports upload {id} --url http://127.0.0.1:9/", "log", "log --json", "log --follow", "minidump {dump}", "minidump {dump} --json", "completion bash", "collect --listen 127.0.0.1:0",
        "collect --listen 127.0.0.1:0 --json", "dump {pid} -o made.dmp", "dump {pid} -o made.dmp --json", "[suggest] reports",
    ];

    [Theory]
    [MemberData(nameof(Writers))]
    public void AClosedPipeEndsIt(string command)
    {
        ProcessResult result = _sandbox.Run("sh", [_sandbox.CopyScript("closed_pipe.sh"), "before", TestPrograms.Shared.Handler, .. Arguments(command)]);
        Assert.Equal(("", "", ClosedPipe), (result.Output, result.Error, result.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public void AFullDiskIsOneLine(string command)
    {
        ProcessResult result = _sandbox.Run("sh", ["-c", "exec \"$@\" >/dev/full", "sh", TestPrograms.Shared.Handler, .. Arguments(command)]);
        Assert.Equal(("crash-handler: cannot write standard output: No space left on device\n", Failed), (result.Error, result.ExitCode));
    }

    /// <summary>Not at the next report, which may never come.</summary>
    [Theory]
    [InlineData("reports watch -n 1")]
    [InlineData("reports watch -n 1 --json")]
    [InlineData("log --follow")]
    public void WhatWaitsEndsWhenItsPipeIsClosed(string command)
    {
        ProcessResult result = _sandbox.Run("sh", [_sandbox.CopyScript("closed_pipe.sh"), "later", TestPrograms.Shared.Handler, .. Arguments(command)]);
        Assert.Equal(("", ClosedPipe), (result.Error, result.ExitCode));
    }

    [Fact]
    public void TheHeadOfVeryManyIsTheHead()
    {
        string many = _sandbox.PathOf("many");
        ReportDatabase.Create(many);
        for (int i = 0; i < 2_000; i++)
        {
            ReportRecord record = TestDatabase.Record(Guid.NewGuid(), minute: i);
            File.WriteAllBytes(Path.Combine(many, "pending", $"{record.Id}.json"), JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord));
            File.WriteAllBytes(Path.Combine(many, "pending", $"{record.Id}.dmp"), TestDatabase.Dump);
        }

        ProcessResult result = _sandbox.Run("bash", "-c", "\"$@\" | head -1; exit ${PIPESTATUS[0]}", "bash", TestPrograms.Shared.Handler, "reports", "list", "--database", many, "--json");
        Assert.Equal(("[\n", "", ClosedPipe), (result.Output, result.Error, result.ExitCode));
    }

    [Fact]
    public void WithoutAnOutputNothingElseIsWritten()
    {
        string settings = Path.Combine(_sandbox.Database, "settings.json");
        ProcessResult result = _sandbox.Run("sh", "-c", "exec \"$@\" >&-", "sh", TestPrograms.Shared.Handler, "uploads", "pause", "--database", _sandbox.Database);
        Assert.Equal(("crash-handler: cannot write standard output: Bad file descriptor\n", Failed), (result.Error, result.ExitCode));
        Assert.True(JsonElement.Parse(File.ReadAllBytes(settings)).GetProperty("uploadsPaused").GetBoolean());
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public void AnErrorThatNobodyCanBeToldIsStillAnExitCode(string redirection)
    {
        ProcessResult result = _sandbox.Run("sh", "-c", $"exec \"$@\" {redirection}", "sh", TestPrograms.Shared.Handler, "dance");
        Assert.Equal(("", WrongUsage), (result.Output, result.ExitCode));
    }

    public void Dispose() => _sandbox.Dispose();

    internal static string FileReport(Sandbox sandbox, int minute, Func<ReportRecord, ReportRecord>? with = null)
    {
        ReportDatabase database = ReportDatabase.Create(sandbox.Database);
        using PendingReport report = database.BeginReport(Guid.NewGuid())!;
        ReportRecord record = TestDatabase.Record(report.Id, minute);
        report.Commit(with?.Invoke(record) ?? record, dump => dump.Write(TestDatabase.Dump));
        return report.Id.ToString();
    }

    private string[] Arguments(string command)
    {
        if (command.StartsWith("log", StringComparison.Ordinal))
        {
            File.WriteAllText(Path.Combine(_sandbox.Database, "handler.log"), "2026-01-02 03:04:05.678 +00:00 INF 42 hello\n");
        }

        string verb = command.Split(' ')[0];
        string[] database = verb is "reports" or "uploads" or "log" && !command.Contains("--help", StringComparison.Ordinal) ? ["--database", _sandbox.Database] : [];
        string pid = command.Contains("{pid}", StringComparison.Ordinal) ? $"{_sandbox.Start("sleep", "60").Pid}" : "";
        return [.. command.Split(' ').Select(part => part.Replace("{id}", _report, StringComparison.Ordinal).Replace("{dump}", Path.Combine(_sandbox.Database, "pending", $"{_report}.dmp"), StringComparison.Ordinal).Replace("{pid}", pid, StringComparison.Ordinal)), .. database];
    }
}
