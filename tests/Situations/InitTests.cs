using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>
/// PID 1 of a pid namespace, which no signal of its own can kill: a fault recurs, anything else ends by an exit status of 128 and the signal's
/// number. Process and thread are the namespace's in the report.
/// </summary>
public sealed class InitTests
{
    private static readonly string[] s_unshare = ["--pid", "--fork", "--mount-proc"];

    /// <summary>Program, kind, argument, exit code, reason.</summary>
    public static TheoryData<string, string, int, int, string> Deaths => new()
    {
        { "threads", "faults", 1, Reasons.FaultExit, Reasons.Fault },
        { "threads", "faults", 4, Reasons.FaultExit, Reasons.Fault },
        { "threads", "aborts", 1, Reasons.AbortExit, Reasons.Abort },
        { "handlers", "fault-in-handler", 0, Reasons.FaultExit, Reasons.Fault },
        { "children", "both", 0, Reasons.FaultExit, Reasons.Fault },
        { "children", "fork", 0, 0, Reasons.Fault },
        { "children", "fork-abort", 0, 0, Reasons.Abort },
        { "heap", "double-free", 0, Reasons.AbortExit, Reasons.Abort },
        { "overflow", "main", 0, Reasons.FaultExit, Reasons.Fault },
    };

    [Theory]
    [MemberData(nameof(Deaths))]
    public void HandlerOutsideTheNamespace(string program, string kind, int argument, int exitCode, string reason)
    {
        using Sandbox sandbox = RequireNamespaces();

        ProcessResult covered = RunInside(sandbox, SituationPrograms.Compile(program), kind, $"{argument}");

        Assert.Equal(exitCode, covered.ExitCode);
        new Outcome(covered, covered, sandbox.Reports()).ReportedOnce(reason);
        Assert.Contains(sandbox.Reports(), report => report.GetProperty("threadId").GetInt32() <= 20); // the namespace's, not the host's
    }

    /// <summary>The handler is killed the moment PID 1 is gone: the report must be filed before that.</summary>
    [Theory]
    [MemberData(nameof(Deaths))]
    public void HandlerInsideTheNamespace(string program, string kind, int argument, int exitCode, string reason)
    {
        using Sandbox sandbox = RequireNamespaces();

        ProcessResult covered = sandbox.Run(
            "unshare", [.. s_unshare, TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", SituationPrograms.Compile(program), kind, $"{argument}"]);

        Assert.Equal(exitCode, covered.ExitCode);
        new Outcome(covered, covered, sandbox.Reports()).ReportedOnce(reason);
    }

    /// <summary>Both stages, from outside and from inside.</summary>
    [Theory]
    [InlineData("unhandled", Reasons.AbortExit, Reasons.Abort)]
    [InlineData("failfast", Reasons.AbortExit, Reasons.Abort)]
    [InlineData("segv", Reasons.FaultExit, Reasons.Fault)]
    public void DotNet(string kind, int exitCode, string reason)
    {
        using Sandbox outside = RequireNamespaces();
        ProcessResult preloaded = RunInside(outside, TestPrograms.Shared.Victim, "--role", "none", "--kind", kind);
        AssertInit(outside, preloaded, exitCode, reason);

        using Sandbox inside = new(Identities.Root);
        ProcessResult started = inside.Run("unshare", [.. s_unshare, TestPrograms.Shared.Victim, .. inside.MainArguments(kind), "--no-upload"]);
        AssertInit(inside, started, exitCode, reason);
    }

    /// <summary>A signal that PID 1 does not handle and is sent to it is nothing to it, with us too.</summary>
    [Theory]
    [InlineData("SEGV")]
    [InlineData("ABRT")]
    public void SentSignalIsIgnored(string signal)
    {
        using Sandbox sandbox = RequireNamespaces();

        ProcessResult covered = RunInside(sandbox, "sh", "-c", $"kill -{signal} $$; echo $$ lives");

        Assert.Equal(("1 lives\n", "", 0), (covered.Output, covered.Error, covered.ExitCode));
        Assert.Empty(sandbox.Reports());
    }

    private static void AssertInit(Sandbox sandbox, ProcessResult covered, int exitCode, string reason)
    {
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(exitCode, covered.ExitCode);
        Assert.Equal((1, reason), (report.GetProperty("pid").GetInt32(), report.GetProperty("reason").GetString()));
    }

    /// <summary>Runs a program as PID 1, with the shim, and the handler outside.</summary>
    private static ProcessResult RunInside(Sandbox sandbox, string program, params string[] arguments)
    {
        string address = sandbox.Handler("exec", "--database", sandbox.Database, "--", "printenv", "CRASH_HANDLER_PIPE").Output.TrimEnd();
        return sandbox.Run(
            "unshare", [.. s_unshare, "env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={address}", program, .. arguments]);
    }

    private static Sandbox RequireNamespaces()
    {
        Sandbox sandbox = new(Identities.Root);
        ProcessResult probe;
        try
        {
            probe = sandbox.Run("unshare", [.. s_unshare, "true"]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            sandbox.Dispose();
            Assert.Skip("needs unshare (util-linux)");
            throw;
        }

        if (probe.ExitCode != 0)
        {
            sandbox.Dispose();
            Assert.Skip($"needs pid namespaces: {probe.Error}");
        }

        return sandbox;
    }
}
