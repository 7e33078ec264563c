using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.Contract;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary><c>crash-handler dump PID</c>: a minidump of whatever runs, which goes on.</summary>
public sealed partial class DumpTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void ANativeProgramIsDumpedIntoTheCurrentDirectory(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess sleeper = sandbox.Start(sandbox.CompileScript("sleep_in_threads.c", "-pthread"), "3");
        sleeper.ReadUntil("ready");

        ProcessResult result = sandbox.Handler("dump", sleeper.Pid.ToString(CultureInfo.InvariantCulture));

        string path = sandbox.PathOf($"{sleeper.Pid}.dmp");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Match said = Said().Match(result.Output);
        Assert.True(said.Success, result.Output);
        Assert.Equal((path, new FileInfo(path).Length, "4"), (said.Groups["path"].Value, long.Parse(said.Groups["bytes"].Value, CultureInfo.InvariantCulture), said.Groups["threads"].Value));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(sandbox.Folder, "*.dmp*"));
        JsonElement dump = sandbox.Json("minidump", path, "--json");
        Assert.Equal(JsonValueKind.Null, dump.GetProperty("exception").ValueKind);
        JsonElement[] threads = [.. dump.GetProperty("threads").EnumerateArray()];
        Assert.Equal(4, threads.Length);
        Assert.Equal(sleeper.Pid, threads[0].GetProperty("id").GetInt32());
        Assert.All(threads, thread => Assert.True(thread.GetProperty("stack").GetProperty("size").GetInt64() > 0));
        Assert.Equal(4, BreakpadTools.Stackwalk(path).Output.Split('\n').Count(line => line.StartsWith("Thread ", StringComparison.Ordinal)));

        sleeper.WriteLine("end");
        Assert.Equal("woken 3\n", sleeper.Finish().Output["ready\n".Length..]);
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void ADotNetProgramIsDumpedWhereItIsTold(string identity)
    {
        using Sandbox sandbox = new(identity);
        Application victim = new(sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler));
        int blocked = victim.Ask("block").GetInt32();
        string path = sandbox.PathOf("a \"quoted\" name.dmp");

        ProcessResult result = sandbox.Handler("dump", $"{victim.Pid}", "-o", path);

        Assert.Equal(0, result.ExitCode);
        JsonElement dump = sandbox.Json("minidump", path, "--json");
        Assert.True(dump.GetProperty("threads").GetArrayLength() > blocked);
        Assert.Contains(dump.GetProperty("modules").EnumerateArray(), module => module.GetProperty("path").GetString()!.EndsWith("/libcoreclr.so", StringComparison.Ordinal));
        int problems = dump.GetProperty("softErrors").GetArrayLength();
        Assert.Equal(problems == 0 ? "" : $"crash-handler: {problems} thing{(problems == 1 ? "" : "s")} could not be read or had to be cut; 'crash-handler minidump {path}' says which\n", result.Error);
        Assert.Equal(0, victim.Ask("unblock").GetInt32());
        victim.ExitLast();
        Assert.False(Directory.Exists(sandbox.Database));
    }

    [Fact]
    public void AFileThatIsThereStays()
    {
        using Sandbox sandbox = new(Identities.User);
        string path = sandbox.WriteFile("there.dmp", "precious"u8.ToArray());

        AssertRefused(sandbox, $"'{path}' is there already; move it away, or name another file with -o", Environment.ProcessId, "-o", path);

        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void ADirectoryThatIsMissingIsSaid()
    {
        using Sandbox sandbox = new(Identities.User);

        AssertRefused(sandbox, $"there is no directory '{sandbox.PathOf("missing")}'; make it, or name another file with -o", Environment.ProcessId, "-o", sandbox.PathOf("missing/file"));
    }

    [Fact]
    public void AProcessOfAnotherUserIsRefused()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: a process of another user");
        }

        using Sandbox sandbox = new(Identities.User);

        AssertRefused(
            sandbox,
            $"process {Environment.ProcessId} cannot be dumped: it belongs to user 0 and this is user {Identities.UnprivilegedId}; run crash-handler as that user, or as root",
            Environment.ProcessId);
    }

    [Fact]
    public void AProcessThatLetsNobodyTraceItIsRefused()
    {
        using Sandbox sandbox = new(Identities.User);
        Application victim = new(sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler));
        victim.Restrict();

        string error = Refused(sandbox, victim.Pid);

        Assert.StartsWith($"crash-handler: process {victim.Pid} cannot be dumped: ", error, StringComparison.Ordinal);
        Assert.Matches("PR_SET_DUMPABLE|kernel.yama.ptrace_scope is", error);
        victim.ExitLast();
    }

    [Fact]
    public void AProcessThatIsTracedAlreadyIsRefused()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess victim = sandbox.Start(sandbox.CompileScript("sleep_in_threads.c", "-pthread"), "0");
        victim.ReadUntil("ready");
        RunningProcess tracer = sandbox.Start(sandbox.CompileScript("trace.c"), $"{victim.Pid}");
        tracer.ReadUntil("tracing");

        AssertRefused(sandbox, $"process {victim.Pid} cannot be dumped: process {tracer.Pid} traces it already, and only one can; end that debugger first", victim.Pid);
    }

    [Fact]
    public void WhatIsNoProcessIsSaid()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess victim = sandbox.Start(TestPrograms.Shared.Victim, "--kind", "none", "--hold");
        victim.ReadUntil("ready");
        int thread = Directory.GetDirectories($"/proc/{victim.Pid}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Max();

        AssertRefused(sandbox, $"{thread} is a thread of process {victim.Pid}; name that", thread);
        AssertRefused(sandbox, "there is no process 0 here", 0);
        Assert.Equal(2, sandbox.Handler("dump", "me").ExitCode);
        Assert.Equal(2, sandbox.Handler("dump").ExitCode);
    }

    private static void AssertRefused(Sandbox sandbox, string reason, int pid, params string[] arguments)
        => Assert.Equal($"crash-handler: {reason}\n", Refused(sandbox, pid, arguments));

    /// <summary>The one line; no file is left behind.</summary>
    private static string Refused(Sandbox sandbox, int pid, params string[] arguments)
    {
        string[] before = Directory.GetFiles(sandbox.Folder, "*.dmp*");
        ProcessResult result = sandbox.Handler(["dump", $"{pid}", .. arguments]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Equal(before, Directory.GetFiles(sandbox.Folder, "*.dmp*"));
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        return result.Error;
    }

    [GeneratedRegex(@"^(?<path>/.*\.dmp): (?<bytes>\d+) bytes, (?<threads>\d+) threads?, the process stood still for \d+\.\d ms\n$")]
    private static partial Regex Said();
}
