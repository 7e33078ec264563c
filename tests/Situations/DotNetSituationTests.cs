using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>.NET programs that die where little works any more, or beside native code that has handlers and threads of its own; in both stages.</summary>
public sealed class DotNetSituationTests
{
    private const string Exec = "exec";
    private const string Start = "start";

    private static readonly (string Kind, int ExitCode, string Reason)[] s_deaths =
    [
        ("together", Reasons.FaultExit, Reasons.Fault),
        ("finalizer-throws", Reasons.AbortExit, Reasons.Abort),
        ("finalizer-faults", Reasons.FaultExit, Reasons.Fault),
        ("fault-during-gc", Reasons.FaultExit, Reasons.Fault),
        ("throw-during-gc", Reasons.AbortExit, Reasons.Abort),
        ("native-handler-faults", Reasons.FaultExit, Reasons.Fault),
        ("chain-fault", Reasons.FaultExit, Reasons.Fault),
        ("chain-fault-before-start", Reasons.FaultExit, Reasons.Fault),
        ("chain-failfast", Reasons.AbortExit, Reasons.Abort),
        ("chain-failfast-before-start", Reasons.AbortExit, Reasons.Abort),
        ("fork", 0, Reasons.Fault),
        ("fork-then-fault", Reasons.FaultExit, Reasons.Fault),
        ("no-descriptors-fault", Reasons.FaultExit, Reasons.Fault),
        ("no-descriptors-throw", Reasons.AbortExit, Reasons.Abort),
        ("standard-closed-fault", Reasons.FaultExit, Reasons.Fault),
        ("standard-closed-failfast", Reasons.AbortExit, Reasons.Abort),
    ];

    private static readonly (string Kind, int ExitCode)[] s_survivals =
    [
        ("chain-survives", 0),
        ("chain-survives-before-start", 0),
        ("exit-survives", 0),
        ("exit-survives-before-start", 0),
        ("posix-signals", 0),
    ];

    /// <summary>Stage, kind, exit code, reason.</summary>
    public static TheoryData<string, string, int, string> Deaths
    {
        get
        {
            TheoryData<string, string, int, string> data = [];
            foreach ((string kind, int exitCode, string reason) in s_deaths)
            {
                data.Add(Exec, kind, exitCode, reason);
                data.Add(Start, kind, exitCode, reason);
            }

            return data;
        }
    }

    /// <summary>Stage, kind, exit code.</summary>
    public static TheoryData<string, string, int> Survivals
    {
        get
        {
            TheoryData<string, string, int> data = [];
            foreach ((string kind, int exitCode) in s_survivals)
            {
                data.Add(Exec, kind, exitCode);
                data.Add(Start, kind, exitCode);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void OneReportAndTheSameEnd(string stage, string kind, int exitCode, string reason)
    {
        using Sandbox sandbox = new(Identities.User);

        Run(sandbox, stage, kind).EndedAlike(exitCode).ReportedOnce(reason);
    }

    [Theory]
    [MemberData(nameof(Survivals))]
    public void NoReportOfWhatIsSurvived(string stage, string kind, int exitCode)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Run(sandbox, stage, kind).EndedAlike(exitCode);

        outcome.NotReported();
        Assert.Equal("", outcome.Bare.Error);
    }

    /// <summary>A handler of the application's own that calls nothing else, and ends the process: after Start it has taken our place for good.</summary>
    [Theory]
    [InlineData(Exec, "exit-fault")]
    [InlineData(Exec, "exit-fault-before-start")]
    [InlineData(Start, "exit-fault")]
    [InlineData(Start, "exit-fault-before-start")]
    public void HandlerThatExitsDecides(string stage, string kind)
    {
        using Sandbox sandbox = new(Identities.User);

        Run(sandbox, stage, kind).EndedAlike(3).NotReported();
    }

    /// <summary>
    /// On a thread that a native library made, with the alternate stack that we gave it; .NET says so on standard error then, which it cannot
    /// where the kernel kills.
    /// </summary>
    [Theory]
    [InlineData(Exec, "native-overflow")]
    [InlineData(Start, "native-overflow-before-start")]
    public void StackOverflowOnAThreadOfANativeLibrary(string stage, string kind)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Run(sandbox, stage, kind);

        Assert.Equal("Stack overflow.\n", outcome.Covered.Error);
        (outcome with { Covered = outcome.Covered with { Error = outcome.Bare.Error } }).EndedAlike(Reasons.FaultExit).ReportedOnce("SIGSEGV /SEGV_ACCERR");
    }

    /// <summary>The threads of a library that was loaded after Start get no alternate stack, see client/native/README.md.</summary>
    [Fact]
    public void StackOverflowOnAThreadOfALibraryLoadedAfterStartEndsAlike()
    {
        using Sandbox sandbox = new(Identities.User);

        Run(sandbox, Start, "native-overflow").EndedAlike(Reasons.FaultExit).SeenFromOutside(sandbox, "SIGSEGV, without a notice");
    }

    private static Outcome Run(Sandbox sandbox, string stage, string kind)
    {
        string program = SituationPrograms.DotNet;
        ProcessResult bare = sandbox.Run(program, kind);
        ProcessResult covered = stage == Exec ? sandbox.Handler("exec", "--database", sandbox.Database, "--", program, kind)
            : sandbox.Run(program, kind, sandbox.Database, TestPrograms.Shared.Handler);
        return new Outcome(bare, covered, sandbox.Reports());
    }
}
