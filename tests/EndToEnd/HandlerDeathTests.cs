using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Walk;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// A real victim, and a real handler that is killed or stopped at each step: one report or a reason in the log, the victim's own exit status, and it
/// is gone and reaped within the hard limit. The times are printed.
/// </summary>
public sealed class HandlerDeathTests : IDisposable
{
    private const int SegmentationFault = 128 + 11;
    private const int Killed = 128 + 9;

    // 30 s of the dialogue, and one more.
    private static readonly TimeSpan s_hardLimit = TimeSpan.FromSeconds(31);

    private readonly Sandbox _sandbox = new(Identities.User);
    // Wherever the real one is: what is tested is the handler.
    private readonly Lazy<string> _walk;
    private int _handlers;

    public HandlerDeathTests() => _walk = new Lazy<string>(() => _sandbox.CompileScript("fake_walk.c", "-DMODE=VALID"));

    /// <summary>Every step that a capture of a native process passes.</summary>
    public static TheoryData<string> Steps =>
    [
        .. Enum.GetNames<CrashStep>(),
        nameof(CaptureStep.Identity), nameof(CaptureStep.Seize), nameof(CaptureStep.Threads), nameof(CaptureStep.Maps), nameof(CaptureStep.Modules),
        nameof(CaptureStep.Stack), nameof(CaptureStep.ProcFile),
        .. Enum.GetNames<FilingStep>().Except([nameof(FilingStep.Waiting)]), .. Enum.GetNames<WalkStep>(),
    ];

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public void KilledAtAnyStepOfACaptureTheReportIsMade(string step)
    {
        RunningProcess handler = StartHandler($"kill:{step}");
        TimeSpan elapsed = Die(StartNative(handler), $"handler killed at {step}");

        Assert.Equal(Killed, handler.Finish().ExitCode);
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        AssertOneReport("SIGSEGV /SEGV_MAPERR");
    }

    [Theory]
    [InlineData(nameof(CrashStep.Frozen))]
    [InlineData(nameof(FilingStep.DumpWriting))]
    public void KilledWhileItCapturesADotNetProcessTheReportIsMade(string step)
    {
        RunningProcess handler = StartHandler($"kill:{step}");
        RunningProcess victim = Start(Shim, TestPrograms.Shared.Victim, "--role", "none", "--kind", "segv", "--hold");

        Die(victim, $"handler of a .NET process killed at {step}");

        Assert.Equal(Killed, handler.Finish().ExitCode);
        AssertOneReport("SIGSEGV /SEGV_MAPERR");
        Assert.Equal(".NET", _sandbox.SingleReport().GetProperty("parameters").GetProperty("prod").GetString());
    }

    [Fact]
    public void KilledBeforeTheCrashTheReportIsMade()
    {
        RunningProcess handler = StartHandler();
        RunningProcess victim = StartNative(handler);
        handler.Kill();
        handler.Finish();

        Die(victim, "handler killed before the crash");

        AssertOneReport("SIGSEGV /SEGV_MAPERR");
    }

    [Fact]
    public void StoppedBeforeTakenTheReportIsMadeAndNotAgainWhenItGoesOn()
    {
        RunningProcess handler = StartHandler($"stop:{nameof(CrashStep.NoticeReceived)}");

        TimeSpan elapsed = Die(StartNative(handler), "handler stopped before taken");

        Assert.InRange(elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        AssertOneReport("SIGSEGV /SEGV_MAPERR");
        Continue(handler);
        _sandbox.Until(() => Log().Contains("is there already", StringComparison.Ordinal) ? "told" : null, () => "the continued handler to find the report");
        AssertOneReport("SIGSEGV /SEGV_MAPERR");
        Assert.Equal(handler.Pid, _sandbox.HandlerPid());
        Assert.Equal(1, _sandbox.HandlerStatus().GetProperty("captured").GetInt32());
    }

    [Fact]
    public void StoppedInTheMiddleItIsKilledAndTheReportIsMade() => StopAt(nameof(CrashStep.Frozen));

    [Theory(Explicit = true)]
    [MemberData(nameof(Steps))]
    public void StoppedAtAnyStepTheReportIsMade(string step) => StopAt(step);

    /// <summary>Both the handler and the single-shot one are stopped: the victim goes without a report, and the next handler says so.</summary>
    [Fact(Explicit = true)]
    public void WhenEveryHandlerIsStoppedTheVictimDiesWithinTheLimitAndTheLossIsLogged()
    {
        RunningProcess handler = StartHandler($"stop:{nameof(CrashStep.Frozen)}");
        RunningProcess victim = StartNative(handler);
        using CancellationTokenSource over = new();
        Thread stopper = new(() =>
        {
            while (!over.IsCancellationRequested)
            {
                foreach (int pid in SingleShots())
                {
                    _sandbox.Run("kill", "-STOP", $"{pid}");
                }
            }
        });
        stopper.Start();

        Die(victim, "handler and single-shot handler stopped");
        over.Cancel();
        stopper.Join();

        Assert.Empty(_sandbox.Reports());
        StartHandler();
        _sandbox.Until(() => Log().Contains("No report ", StringComparison.Ordinal) ? "told" : null, () => "the loss to be logged");
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_sandbox.Database, "new")));
    }

    /// <summary>With no single-shot handler to be had, what the killed one finished is a report when the next one starts, and the rest is gone.</summary>
    [Theory]
    [InlineData(nameof(FilingStep.Claimed), 0)]
    [InlineData(nameof(CrashStep.SnapshotTaken), 0)]
    [InlineData(nameof(FilingStep.RecordWritten), 0)]
    [InlineData(nameof(FilingStep.DumpWriting), 0)]
    [InlineData(nameof(FilingStep.DumpWritten), 1)]
    [InlineData(nameof(WalkStep.WalkRuns), 1)]
    [InlineData(nameof(FilingStep.StacksWriting), 1)]
    [InlineData(nameof(FilingStep.StacksWritten), 1)]
    [InlineData(nameof(FilingStep.StacksStored), 1)]
    [InlineData(nameof(FilingStep.DumpFinished), 1)]
    [InlineData(nameof(FilingStep.StacksMoved), 1)]
    [InlineData(nameof(FilingStep.RecordMoved), 1)]
    [InlineData(nameof(FilingStep.DumpMoved), 1)]
    public void TheNextHandlerAdoptsWhatIsFinishedAndSaysWhatIsLost(string step, int reports)
    {
        // Under another name the shim does not find it.
        string folder = _sandbox.MakeFolder("alone");
        string lonely = Path.Combine(folder, "lonely-handler");
        string shim = Path.Combine(folder, Path.GetFileName(Shim));
        ProgramFile.Copy(TestPrograms.Shared.Handler, lonely);
        File.Copy(Shim, shim);
        File.Copy(Path.Combine(Path.GetDirectoryName(Shim)!, "libMonoPosixHelper.so"), Path.Combine(folder, "libMonoPosixHelper.so"));
        RunningProcess handler = StartHandler($"kill:{step}", lonely);

        Die(Start(shim, Native()), $"only handler killed at {step}");
        Assert.Equal(Killed, handler.Finish().ExitCode);
        StartHandler();

        _sandbox.Until(() => Directory.EnumerateFiles(Path.Combine(_sandbox.Database, "new")).Any() ? null : "empty", () => "the next handler to sweep");
        if (reports == 0)
        {
            Assert.Empty(_sandbox.Reports());
            Assert.Contains("No report ", Log(), StringComparison.Ordinal);
        }
        else
        {
            AssertOneReport("SIGSEGV /SEGV_MAPERR");
        }
    }

    private static string Shim => TestPrograms.Shared.Shim;

    /// <summary>Address of the handler started last.</summary>
    private string Pipe => Path.Combine(_sandbox.RuntimeFolder, $"socket-{_handlers}{HandlerAddress.Suffix}");

    private void StopAt(string step)
    {
        RunningProcess handler = StartHandler($"stop:{step}");

        Die(StartNative(handler), $"handler stopped at {step}");

        AssertOneReport("SIGSEGV /SEGV_MAPERR");
        if (step != nameof(CrashStep.NoticeReceived))
        {
            Assert.Equal(Killed, handler.Finish().ExitCode);
        }
    }

    private RunningProcess StartHandler(string? failAt = null, string? program = null)
    {
        string[] fail = failAt is null ? [] : ["--fail-at", failAt];
        // A killed one leaves its socket, so each has one of its own.
        _handlers++;
        RunningProcess handler = _sandbox.Start(program ?? TestPrograms.Shared.Handler, ["run", "--database", _sandbox.Database, "--pipe", Pipe, "--walk", _walk.Value, .. fail]);
        _sandbox.Until(() => File.Exists(Pipe) ? "listening" : null, () => "the handler to listen");
        return handler;
    }

    private string Native() => _sandbox.CompileScript("threads_and_fault.c", "-pthread");

    private RunningProcess StartNative(RunningProcess handler)
    {
        Assert.False(handler.HasExited);
        return Start(Shim, Native());
    }

    private RunningProcess Start(string shim, string program, params string[] arguments)
    {
        RunningProcess victim = _sandbox.Start("env", [$"LD_PRELOAD={shim}", $"CRASH_HANDLER_PIPE={Pipe}", program, .. arguments]);
        victim.ReadUntil("ready");
        return victim;
    }

    /// <summary>Lets it die, and waits until it is reaped.</summary>
    private static TimeSpan Die(RunningProcess victim, string situation)
    {
        long began = Stopwatch.GetTimestamp();
        victim.WriteLine("die");
        ProcessResult result = victim.Finish();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper?.WriteLine($"{situation}: gone and reaped after {elapsed.TotalSeconds:0.00} s");
        Assert.Equal(SegmentationFault, result.ExitCode);
        Assert.InRange(elapsed, TimeSpan.Zero, s_hardLimit);
        return elapsed;
    }

    private void AssertOneReport(string reason)
    {
        JsonElement report = _sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        JsonElement whole = _sandbox.Json("reports", "show", report.GetProperty("id").GetString()!, "--json", "--database", _sandbox.Database);
        Assert.NotEqual(0, whole.GetProperty("threads").GetArrayLength());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_sandbox.Database, "new")));
    }

    private IEnumerable<int> SingleShots()
        => Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int pid) ? pid : 0).Where(pid => pid != 0 && IsSingleShot(pid));

    private bool IsSingleShot(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains($"\0capture\0--database\0{_sandbox.Database}", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended between the listing and the look.
            return false;
        }
    }

    private string Log() => File.ReadAllText(Path.Combine(_sandbox.Database, "handler.log"));

    private void Continue(RunningProcess handler) => Assert.Equal(0, _sandbox.Run("kill", "-CONT", $"{handler.Pid}").ExitCode);
}
