using System.Globalization;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// Real handlers against <c>scripts/play_shim.c</c>: killed on entry to one system call after the other, there is a whole report or none, and the
/// next handler that is told makes it one; two that are told at once make one.
/// </summary>
public sealed class HandlerDeathCallTests : IDisposable
{
    /// <summary>Everyday stride: no common factor with anything that repeats in a capture, and some thirty runs.</summary>
    private const int Stride = 17;

    private readonly Sandbox _sandbox = new(Identities.User);

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void KilledAtAnyCallThereIsAWholeReportOrNone() => KillAtCalls(Stride);

    [Fact(Explicit = true)]
    public void KilledAtEveryCallThereIsAWholeReportOrNone() => KillAtCalls(1);

    [Fact]
    public void OfTwoHandlersThatAreToldAtOnceOneMakesTheReport()
    {
        string program = PlayShim();
        string[] pipes = [_sandbox.PathOf("one"), _sandbox.PathOf("two")];
        foreach (string pipe in pipes)
        {
            _sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--pipe", pipe);
            _sandbox.Until(() => File.Exists(pipe) ? "listening" : null, () => "the handler to listen");
        }

        for (int deaths = 1; deaths <= 10; deaths++)
        {
            ProcessResult result = _sandbox.Run(program, ["both", .. pipes]);

            Assert.Equal(("released 0\nreleased 0\n", 0), (result.Output, result.ExitCode));
            Assert.Equal(deaths, _sandbox.Reports().Count);
        }
    }

    [Theory]
    [InlineData("nothing", "no notice came within 1 s")]
    [InlineData("nonsense", "Notice names its size as 1671 instead of 1672")]
    [InlineData("stranger", "only a dying process starts 'capture', for itself")]
    public void ASingleShotHandlerTakesOnlyItsParentsNotice(string kind, string message)
    {
        ProcessResult result = _sandbox.Run(PlayShim(), "odd", TestPrograms.Shared.Handler, _sandbox.Database, kind);

        Assert.Equal("ended\nstatus 1\n", result.Output);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_sandbox.Database));
    }

    private void KillAtCalls(int stride)
    {
        string program = PlayShim();
        long calls = Calls(_sandbox.Start(program, "shot", TestPrograms.Shared.Handler, _sandbox.Database, "0").Finish());
        Assert.InRange(calls, 100, 5_000);
        int whole = 0, runs = 0;
        // One beyond the last: threads differ by a few calls from run to run.
        for (long call = 1; call <= calls + stride; call += stride, runs++)
        {
            string database = _sandbox.PathOf($"database-{call}");
            RunningProcess victim = _sandbox.Start(program, "shot", TestPrograms.Shared.Handler, database, call.ToString(CultureInfo.InvariantCulture));
            string first = victim.ReadLine();
            victim.ReadLine();

            int left = Directory.Exists(Path.Combine(database, "completed")) ? CountWhole(database) : 0;
            if (left > 0 || runs % 2 == 0)
            {
                // Every other time a sweep comes first.
                Sweep(database, left);
            }

            victim.WriteLine("again");
            string output = victim.Finish().Output;
            Assert.True(output.EndsWith("released 0\n", StringComparison.Ordinal), $"killed at call {call} of {calls}: {first} {output}");
            Assert.Equal((call, 1), (call, CountWhole(database)));
            Sweep(database, 1);
            Assert.Equal((call, 1), (call, CountWhole(database)));
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(database, "new")));
            whole += left;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} system calls, killed at {runs} of them: {whole} times the report was whole, {runs - whole} times the next handler made it; none was lost, halved or doubled");
    }

    private static void Sweep(string database, int atLeast)
    {
        if (Directory.Exists(Path.Combine(database, "attachments")))
        {
            ReportDatabase opened = ReportDatabase.OpenExisting(database);
            opened.Recover();
            opened.Sweep();
            Assert.InRange(CountWhole(database), atLeast, 1);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(database, "new")));
        }
    }

    private static int CountWhole(string database)
    {
        if (!Directory.Exists(Path.Combine(database, "attachments")))
        {
            return 0;
        }

        ReportDatabase opened = ReportDatabase.OpenExisting(database);
        IReadOnlyList<ReportRecord> reports = opened.List(problem => Assert.Fail(problem));
        foreach (ReportRecord report in reports)
        {
            MinidumpFile dump = MinidumpFile.Read(Reports.TestDatabase.ReadDump(opened, report));
            Assert.Equal(3, dump.Threads.Count);
            Assert.Equal(report.Id, dump.Crashpad!.ReportId.ToString());
            Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        }

        return reports.Count;
    }

    private static long Calls(ProcessResult result)
        => long.Parse(result.Output.Split('\n').Single(line => line.StartsWith("calls ", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture);

    private string PlayShim()
    {
        _sandbox.WriteFile("crash_handler_protocol.h", File.ReadAllBytes(Path.Combine(TestPrograms.RepositoryRoot(), "protocol", "crash_handler_protocol.h")));
        return _sandbox.CompileScript("play_shim.c", "-pthread");
    }
}
