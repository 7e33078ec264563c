using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Daemon;
using CrashHandler.Tests.EndToEnd.Troubles;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary><c>doctor</c> where crashes are reported whole, and in places where they cannot be: it names what is in the way and how to mend it, and they are reported all the same.</summary>
public sealed class DoctorTests : IDisposable
{
    private const int Problem = 1;
    private const int SegmentationFault = 128 + 11;

    private readonly Sandbox _sandbox = new(Identities.User);

    private string Pipe => Path.Combine(_sandbox.RuntimeFolder, $"doctor{HandlerAddress.Suffix}");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void SaysOfEachThingWhatThereIs()
    {
        Collector collector = _sandbox.StartCollector();

        (Dictionary<string, JsonElement> found, int exitCode) = Doctor([], "--url", collector.Url);

        Assert.Equal(
            ["kernel", "glibc", "files", "tracing", "ptrace_scope", "capabilities", "seccomp", "apparmor", "namespaces", "process", "core_pattern", "limits", "database",
                "disk", "persistence", "socket", "dac", "pdb", "diagnostics", "uploads", "server", "clock"],
            found.Keys);
        Assert.All(["kernel", "glibc", "files", "database", "disk", "dac", "server", "clock", "capabilities"], check => Assert.Equal("ok", State(found[check])));
        Assert.Equal(found.Values.Any(finding => State(finding) == "problem") ? Problem : 0, exitCode);
        // Nothing was sent, nothing was made.
        Assert.Empty(collector.Arrived());
        Assert.False(Directory.Exists(_sandbox.Database));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_sandbox.RuntimeFolder));
    }

    [Fact]
    public void TextFitsASmallTerminal()
    {
        ProcessResult result = _sandbox.Handler("doctor", "--database", _sandbox.Database);

        Assert.Equal("", result.Error);
        Assert.DoesNotContain('\u001b', result.Output);
        // A path is one word, however long.
        Assert.All(result.Output.Split('\n').Where(line => !line.Contains('/')), line => Assert.InRange(line.Length, 0, 80));
        Assert.Matches(@"\n(no|\d+) problems?, (no|\d+) warnings?, \d+ ok\n\z", result.Output);
    }

    /// <summary>The reason, the remedy, and what a crash is worth there.</summary>
    [Theory]
    [InlineData("ptrace", nameof(CaptureAccess.Running))]
    [InlineData("kill:ptrace", null)]
    public void UnderASeccompFilterItNamesTheFilter(string calls, string? access)
    {
        string refuse = _sandbox.CompileScript("refuse_calls.c");

        (Dictionary<string, JsonElement> found, int exitCode) = Doctor([refuse, calls]);

        Assert.Equal(Problem, exitCode);
        AssertProblem(found["seccomp"], "ptrace is refused", "--cap-add=SYS_PTRACE", "SystemCallFilter=");
        AssertProblem(found["tracing"], "A seccomp filter refuses it", "See seccomp");
        if (access is not null)
        {
            RunningProcess victim = _sandbox.Start(refuse, calls, TestPrograms.Shared.Handler, "exec", "--database", _sandbox.Database, "--", _sandbox.CompileScript("threads_and_fault.c", "-pthread"));
            victim.ReadUntil("ready");
            victim.WriteLine("die");
            Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
            Assert.Equal(access, _sandbox.SingleReport().GetProperty("access").GetString());
        }
    }

    /// <summary>A handler without CAP_SYS_PTRACE over a process that only who has it may look into.</summary>
    [Fact]
    public void InAUserNamespaceWithoutTheCapabilityItNamesTheCapability()
    {
        string[] place = ["unshare", "-U", "-r", "setpriv", "--bounding-set=-sys_ptrace"];
        ProcessResult allowed = _sandbox.Run(place[0], [.. place[1..], "true"]);
        if (allowed.ExitCode != 0)
        {
            Assert.Skip($"this machine lets no unprivileged user make such a user namespace: {allowed.Error.Trim()}");
        }

        _sandbox.Start(place[0], [.. place[1..], TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--pipe", Pipe, "--persistent"]);
        _sandbox.Until(() => File.Exists(Pipe) ? Pipe : null, () => "the handler's socket");
        RunningProcess victim = _sandbox.Start("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={Pipe}", _sandbox.CompileScript("closed_and_fault.c", "-pthread"), "undumpable");
        victim.ReadUntil("ready");

        (Dictionary<string, JsonElement> found, int exitCode) = Doctor(place, "--pid", $"{victim.Pid}");

        Assert.Equal(Problem, exitCode);
        AssertProblem(found["process"], "CAP_SYS_PTRACE", "with CAP_SYS_PTRACE");
        victim.WriteLine("die");
        Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
        Assert.Equal(nameof(CaptureAccess.HandedOver), _sandbox.SingleReport().GetProperty("access").GetString());
    }

    /// <summary>A target of another user.</summary>
    [Fact]
    public void OfAnotherUsersProcessItNamesTheUserAndTheCapability()
    {
        // Not this test's user: whoever runs the tests as root is another one.
        Identities.Require(Identities.Root);

        (Dictionary<string, JsonElement> found, int exitCode) = Doctor([], "--pid", $"{Environment.ProcessId}");

        Assert.Equal(Problem, exitCode);
        AssertProblem(found["capabilities"], "CAP_SYS_PTRACE", "belongs to user 0", "Run the handler as the user of that process");
        AssertProblem(found["process"], "user 0", "CAP_SYS_PTRACE");
    }

    [Fact]
    public void OfADotNetProcessItKnowsRuntimeAndSymbols()
    {
        RunningProcess victim = _sandbox.StartMain("none", "--hold", "--no-upload");
        victim.ReadUntil("ready");

        (Dictionary<string, JsonElement> found, _) = Doctor([], "--pid", $"{victim.Pid}");

        Assert.Equal("ok", State(found["dac"]));
        Assert.Contains($"process {victim.Pid}", found["dac"].GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains("own assemblies have a portable PDB", found["pdb"].GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains("covered by the shim", found["process"].GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains(" answer", found["socket"].GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Equal("warning", State(found["uploads"]));
    }

    /// <summary>It is what is asked when a database is in trouble: it says what is wrong with it, goes on with all else, and changes nothing.</summary>
    [Theory]
    [InlineData("file", "is not a directory")]
    [InlineData("read-only", "cannot be written")]
    [InlineData("another's", "belongs to user 0")]
    public void OfADatabaseInTroubleItSaysWhatIsWrong(string trouble, string word)
    {
        Identities.Require(trouble == "another's" ? Identities.Root : Identities.User);
        string path = trouble == "file" ? _sandbox.WriteFile("some.txt", "some text"u8.ToArray()) : new TroubledDatabase(_sandbox).Path;
        if (trouble == "read-only")
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        else if (trouble == "another's")
        {
            Assert.Equal(0, Mono.Unix.Native.Syscall.chown(path, 0, 0));
        }

        Dictionary<string, JsonElement> found = JsonElement.Parse(_sandbox.Handler("doctor", "--json", "--database", path).Output).EnumerateArray().ToDictionary(finding => finding.GetProperty("check").GetString()!);

        AssertProblem(found["database"], word);
        Assert.Equal("ok", State(found["kernel"]));
    }

    /// <summary>Whatever it tries, it leaves no process behind.</summary>
    [Fact]
    public void ItsChildrenEndWithIt()
    {
        // Its children inherit it, and tests beside this one have doctors of their own.
        string mark = $"DOCTOR_MARK={_sandbox.Folder}";
        RunningProcess marked = _sandbox.Start("env", mark, "sleep", "60");
        _sandbox.Until(() => Marked(mark).Contains(marked.Pid) ? "seen" : null, () => "a marked process to be seen");

        Doctor(["env", mark]);

        Assert.Equal([marked.Pid], Marked(mark));
    }

    private (Dictionary<string, JsonElement> Findings, int ExitCode) Doctor(string[] place, params string[] options)
    {
        string[] command = [.. place, TestPrograms.Shared.Handler, "doctor", "--json", "--database", _sandbox.Database, .. options];
        ProcessResult result = _sandbox.Run(command[0], command[1..]);
        Assert.Equal("", result.Error);
        return (JsonElement.Parse(result.Output).EnumerateArray().ToDictionary(finding => finding.GetProperty("check").GetString()!), result.ExitCode);
    }

    private static string? State(JsonElement finding) => finding.GetProperty("state").GetString();

    private static void AssertProblem(JsonElement finding, params string[] words)
    {
        Assert.Equal("problem", State(finding));
        string said = $"{finding.GetProperty("found")} {finding.GetProperty("meaning")} {finding.GetProperty("remedy")}";
        Assert.All(words, word => Assert.Contains(word, said, StringComparison.Ordinal));
    }

    private static int[] Marked(string mark) => [.. Process.GetProcesses().Select(process => process.Id).Where(pid => EnvironmentOf(pid).Split('\0').Contains(mark)).Order()];

    private static string EnvironmentOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended since it was listed, or is somebody else's.
            return "";
        }
    }
}
