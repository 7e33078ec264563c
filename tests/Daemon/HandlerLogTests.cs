using System.Text.RegularExpressions;
using CrashHandler.Handler.Daemon;
using Serilog;
using Serilog.Core;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>Several handlers write one log: two loggers stand for two processes, since none keeps anything of the file.</summary>
public sealed partial class HandlerLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("log").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void EveryHandlersLinesAreThere()
    {
        using Logger first = HandlerLog.Open(_directory);
        using Logger second = HandlerLog.Open(_directory);

        first.Information("Pid {Client} dies", 1);
        second.Warning("Pid {Client} dies", 2);
        first.Information("Report {Id}", "x");

        string[] lines = File.ReadAllLines(Path.Combine(_directory, HandlerLog.FileName));
        Assert.Equal(["Pid 1 dies", "Pid 2 dies", "Report x"], lines.Select(line => Line().Match(line).Groups[2].Value));
        Assert.All(lines, line => Assert.Equal($"{Environment.ProcessId}", Line().Match(line).Groups[1].Value));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, HandlerLog.FileName)));
    }

    [Fact]
    public void WrittenAtOnceItStaysBoundedAndItsLinesWhole()
    {
        const int Writers = 4, Lines = 400, MaxBytes = 20_000, Files = 3;
        string path = Path.Combine(_directory, HandlerLog.FileName);
        Thread[] writers =
        [
            .. Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
            {
                using Logger log = new LoggerConfiguration().WriteTo.Sink(new SharedLogFile(path, "<{Message:lj}>", MaxBytes, Files)).CreateLogger();
                for (int line = 0; line < Lines; line++)
                {
                    log.Information("{Writer} {Line} {Text}", writer, line, new string('x', 50));
                }
            })),
        ];
        Array.ForEach(writers, writer => writer.Start());
        Array.ForEach(writers, writer => writer.Join());

        string[] files = [.. Directory.EnumerateFiles(_directory).Order(StringComparer.Ordinal)];
        Assert.Equal([path, SharedLogFile.OlderPath(path, 1), SharedLogFile.OlderPath(path, 2)], files);
        // Who had opened it before it was renamed appends to it still, once.
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, MaxBytes + (Writers * 100)));
        Assert.All(files.SelectMany(File.ReadAllLines), line => Assert.Matches("^<[0-9]+ [0-9]+ x{50}>$", line));
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), (Files - 1) * MaxBytes * 9 / 10, long.MaxValue);
    }

    /// <summary>A client's text that has lines, and what a terminal obeys, is told on the handler's one line; an exception's lines are indented.</summary>
    [Fact]
    public void NobodyElseMakesALineOfIt()
    {
        const string Forged = "2026-01-02 03:04:05.678 +00:00 INF 1 Report x";
        using Logger log = HandlerLog.Open(_directory);

        log.Warning("Pid {Client} says: {Note}", 1, $"a\n{Forged}\r\u001b[2J\u2028b");
        log.Error(new InvalidOperationException($"why\n{Forged}"), "A fault");

        string[] lines = File.ReadAllLines(Path.Combine(_directory, HandlerLog.FileName));
        Assert.Equal([$"Pid 1 says: a\\n{Forged}\\u{{d}}\\u{{1b}}[2J\\u{{2028}}b", "A fault"], lines.Where(line => !line.StartsWith("  ", StringComparison.Ordinal)).Select(line => Line().Match(line).Groups[2].Value));
        Assert.Contains($"  {Forged}", lines);
    }

    [GeneratedRegex("^[-0-9]+ [:.0-9]+ [-+:0-9]+ [A-Z]{3} ([0-9]+) (.*)$")]
    private static partial Regex Line();
}
