using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Attach;

/// <summary>A process that already runs is covered without being restarted. Every kind of death, on every runtime, is the table's.</summary>
public sealed class AttachTests
{
    [Theory]
    [MemberData(nameof(Deaths.All), MemberType = typeof(Deaths))]
    public void DeathIsReportedOnceAndOtherwiseUnchanged(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = Hold(sandbox, "--kind", kind).Finish();
        RunningProcess victim = Hold(sandbox, "--kind", kind);

        Attach(sandbox, victim.Pid, "--database", sandbox.Database);
        ProcessResult seen = victim.Finish();

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (seen.ExitCode, seen.Output, seen.Error));
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        Assert.Equal(victim.Pid, report.GetProperty("pid").GetInt32());
        Assert.Equal("child", report.GetProperty("processType").GetString());
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(".NET", parameters.GetProperty("prod").GetString());
        Assert.False(parameters.TryGetProperty("_companyName", out _));
        Assert.False(parameters.TryGetProperty("_productName", out _));
    }

    [Fact]
    public void ExceptionsTextIsInTheReport()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = Hold(sandbox, "--kind", "unhandled");
        Attach(sandbox, victim.Pid, "--database", sandbox.Database);
        victim.Finish();

        JsonElement exception = sandbox.SingleReport().GetProperty("exception");
        Assert.Equal("System.InvalidOperationException", exception.GetProperty("type").GetString());
        Assert.Equal("the victim's exception", exception.GetProperty("message").GetString());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void CaughtExceptionsAreNotReportedAndTheDefaultDatabaseIsUsed(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess victim = Hold(sandbox, "--kind", "caught");

        ProcessResult attached = Attach(sandbox, victim.Pid);
        ProcessResult seen = victim.Finish();

        string database = sandbox.PathOf("victim Crashes");
        Assert.Equal($"attached {victim.Pid} (victim); its reports go to '{database}'\n", attached.Output);
        Assert.Equal((0, "victim\nready\ncaught 1100\n", ""), (seen.ExitCode, seen.Output, seen.Error));
        Assert.Equal(0, sandbox.Json("reports", "list", "--database", database, "--json").GetArrayLength());
    }

    /// <summary>The runtime keeps a copy of the environment as soon as the program changes it: what is set from outside must still arrive.</summary>
    [Fact]
    public void AProcessThatChangedItsEnvironmentIsAttached()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = Hold(sandbox, "--touch-environment", "--kind", "failfast");

        Attach(sandbox, victim.Pid, "--database", sandbox.Database);
        victim.Finish();

        sandbox.SingleReport();
    }

    /// <summary>The library that speaks to the port takes its path for a URI.</summary>
    [Theory]
    [InlineData("temp of its own")]
    [InlineData("täglich,neu")]
    public void ATemporaryDirectoryMayHaveAnyName(string name)
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = sandbox.Start("/usr/bin/env", $"TMPDIR={sandbox.MakeFolder(name)}", TestPrograms.Shared.Victim, "--kind", "failfast", "--hold");
        victim.ReadUntil("ready");

        Attach(sandbox, victim.Pid, "--database", sandbox.Database);
        victim.Finish();

        sandbox.SingleReport();
    }

    /// <summary>Its own Start then says the same handler what it is; the shim is the one that is there.</summary>
    [Fact]
    public void ItsOwnStartAddsWhatItIs()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = Hold(sandbox, [.. LateArguments(sandbox), "--database", sandbox.Database, "--kind", "unhandled"]);

        Attach(sandbox, victim.Pid, "--database", sandbox.Database);
        victim.Finish();

        JsonElement report = sandbox.SingleReport();
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal("Victim", parameters.GetProperty("_productName").GetString());
        Assert.Equal("CrashHandler tests", parameters.GetProperty("_companyName").GetString());
        Assert.Equal("late", parameters.GetProperty("when").GetString());
        Assert.Equal("the victim's exception", report.GetProperty("exception").GetProperty("message").GetString());
    }

    /// <summary>Its own Start names another database: then that one's handler has it, and the one it was attached to hears nothing.</summary>
    [Fact]
    public void ItsOwnStartTakesItToAnotherHandler()
    {
        using Sandbox sandbox = new(Own);
        string other = sandbox.PathOf("other");
        RunningProcess victim = Hold(sandbox, [.. LateArguments(sandbox), "--database", sandbox.Database, "--kind", "unhandled"]);

        Attach(sandbox, victim.Pid, "--database", other);
        victim.Finish();

        Assert.Equal("late", sandbox.SingleReport().GetProperty("parameters").GetProperty("when").GetString());
        Assert.Equal(0, sandbox.Json("reports", "list", "--database", other, "--json").GetArrayLength());
    }

    [Fact]
    public void ASecondAttachIsRefused()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = Hold(sandbox, "--kind", "none");
        Attach(sandbox, victim.Pid, "--database", sandbox.Database);

        AssertRefused(sandbox, victim.Pid, $"process {victim.Pid} is attached already; its reports go to '{sandbox.Database}'");
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void WhatIsNoDotNetProcessIsRefused()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = sandbox.Start("/bin/cat");

        AssertRefused(sandbox, victim.Pid, "is not a .NET process; run the program under 'crash-handler exec'");
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void NativeAotIsRefused()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess collector = sandbox.Start(TestPrograms.Shared.Handler, "collect", "--listen", "127.0.0.1:0", "--store", sandbox.MakeFolder("store"));
        collector.ReadLine();

        AssertRefused(sandbox, collector.Pid, "is compiled ahead of time (NativeAOT)");
    }

    [Fact]
    public void DiagnosticsSwitchedOffAreRefused()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = sandbox.Start("/usr/bin/env", "DOTNET_EnableDiagnostics=0", TestPrograms.Shared.Victim, "--kind", "none", "--hold");
        victim.ReadUntil("ready");

        AssertRefused(sandbox, victim.Pid, "has no diagnostics port in");
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void AnotherUsersProcessIsRefused()
    {
        Identities.Require(Identities.Root);
        using Sandbox own = new(Identities.Root);
        using Sandbox others = new(Identities.User);
        RunningProcess victim = Hold(others, "--kind", "none");

        AssertRefused(own, victim.Pid, $"belongs to user {Identities.UnprivilegedId} and this is user 0; run crash-handler as that user");
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void NoProcessIsRefused()
    {
        using Sandbox sandbox = new(Own);

        AssertRefused(sandbox, int.MaxValue, $"there is no process {int.MaxValue} here");
    }

    /// <summary>A runtime that waits for a debugger is not let go by us; when it is, it loads what it was told to, and nothing of the attempt is left.</summary>
    [Fact]
    public void ASuspendedProcessStaysSoAndIsCoveredWhenItGoesOn()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = sandbox.Start("/usr/bin/env", "DOTNET_DefaultDiagnosticPortSuspend=1", TestPrograms.Shared.Victim, "--kind", "failfast", "--hold");
        string socket = sandbox.Until(() => Directory.EnumerateFiles(sandbox.Folder, $"dotnet-diagnostic-{victim.Pid}-*").FirstOrDefault(), () => "the diagnostics port");

        AssertRefused(sandbox, victim.Pid, "did not say how it went: look at 'crash-handler status'; one that waits for a debugger loads it when it is let go");
        Assert.Empty(Directory.EnumerateFiles(sandbox.RuntimeFolder, "attach-*", SearchOption.AllDirectories));
        Resume(socket);
        victim.ReadUntil("ready");
        victim.Finish();

        Assert.Equal(victim.Pid, sandbox.SingleReport().GetProperty("pid").GetInt32());
        Assert.Empty(Directory.EnumerateFiles(sandbox.RuntimeFolder, "attach-*", SearchOption.AllDirectories));
    }

    /// <summary>The handler's end is seen by an attached process too.</summary>
    [Fact]
    public void TheHandlerMayDieInBetween()
    {
        using Sandbox sandbox = new(Own);
        RunningProcess victim = Hold(sandbox, "--kind", "segv");
        Attach(sandbox, victim.Pid, "--database", sandbox.Database);

        sandbox.Run("/bin/kill", "-9", sandbox.HandlerPid().ToString(CultureInfo.InvariantCulture));
        victim.Finish();

        Assert.Equal("SIGSEGV /SEGV_MAPERR", sandbox.SingleReport().GetProperty("reason").GetString());
    }

    private static string Own => Environment.IsPrivilegedProcess ? Identities.Root : Identities.User;

    private static string[] LateArguments(Sandbox sandbox)
        => ["--role", "main", "--start-late", "--no-upload", "--extra", "when=late", "--handler", TestPrograms.Shared.Handler];

    // dotnet/diagnostics, ipc-protocol.md: magic, size, command set Process, command ResumeRuntime, reserved.
    private static void Resume(string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Send([.. "DOTNET_IPC_V1\0"u8, 20, 0, 4, 1, 0, 0]);
        Assert.True(socket.Receive(new byte[64]) > 0, "no answer");
    }

    private static RunningProcess Hold(Sandbox sandbox, params string[] arguments)
    {
        RunningProcess victim = sandbox.Start(TestPrograms.Shared.Victim, [.. arguments, "--hold"]);
        victim.ReadUntil("ready");
        return victim;
    }

    private static ProcessResult Attach(Sandbox sandbox, int pid, params string[] arguments)
    {
        ProcessResult result = sandbox.Handler(["attach", pid.ToString(CultureInfo.InvariantCulture), .. arguments]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result;
    }

    private static void AssertRefused(Sandbox sandbox, int pid, string reason)
    {
        ProcessResult result = sandbox.Handler("attach", pid.ToString(CultureInfo.InvariantCulture), "--database", sandbox.Database);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("crash-handler: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(character => character == '\n'));
    }
}
