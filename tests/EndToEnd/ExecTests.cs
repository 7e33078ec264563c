using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd.Troubles;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary><c>crash-handler exec</c> is the program: nothing of it but the shim in its environment shows that we were there.</summary>
public sealed partial class ExecTests
{
    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void PidIsKept(string identity)
    {
        using Sandbox sandbox = new(identity);

        ProcessResult program = Exec(sandbox, "sh", "-c", "echo $$");

        Assert.Equal(($"{program.Pid}\n", "", 0), (program.Output, program.Error, program.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void StandardStreamsAndFolderAreKept(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess program = sandbox.Start(TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", "sh", "-c", "pwd; cat; echo error >&2");
        program.WriteLine("input");

        ProcessResult result = program.Finish();

        Assert.Equal(($"{sandbox.Folder}\ninput\n", "error\n", 0), (result.Output, result.Error, result.ExitCode));
    }

    /// <summary>What nobody can read is no reason to lose a crash: it waits until somebody mends the settings.</summary>
    [Fact]
    public void WithBrokenSettingsACrashIsFiledAllTheSame()
    {
        using Sandbox sandbox = new(Identities.User);
        TroubledDatabase database = new(sandbox);
        foreach (string extension in (string[])[".json", ".json.bak"])
        {
            File.WriteAllText(database.Settings(extension), "{");
        }

        ProcessResult result = sandbox.Handler("exec", "--database", database.Path, "--", TestPrograms.Shared.Victim, "--kind", "unhandled");

        Assert.Equal(128 + 6, result.ExitCode);
        JsonElement report = sandbox.Json("reports", "list", "-n", "1", "--database", database.Path, "--json")[0];
        Assert.Equal(("pending", "main", "the victim's exception"), (
            report.GetProperty("state").GetString(), report.GetProperty("processType").GetString(), report.GetProperty("exception").GetProperty("message").GetString()));
        Assert.Contains("The database's guid is not known: ", File.ReadAllText(Path.Combine(database.Path, "handler.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void EveryExitStatusIsKept()
    {
        using Sandbox sandbox = new(Identities.User);
        const string script = "for i in $(seq 0 255); do \"$0\" exec --database \"$1\" -- sh -c \"exit $i\"; echo $?; done";

        ProcessResult shell = sandbox.Run("sh", "-c", script, TestPrograms.Shared.Handler, sandbox.Database);

        Assert.Equal((string.Concat(Enumerable.Range(0, 256).Select(i => $"{i}\n")), ""), (shell.Output, shell.Error));
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("KILL", 9)]
    [InlineData("INT", 2)]
    [InlineData("PIPE", 13)]
    public void DeathBySignalIsKept(string name, int signal)
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult program = Exec(sandbox, "sh", "-c", $"kill -{name} $$");

        Assert.Equal(128 + signal, program.ExitCode);
        // One that is killed is a report where the kernel tells: KilledProcessTests.
        Assert.DoesNotContain(sandbox.Reports(), report => signal != 9 || report.GetProperty("reason").GetString() != "killed (SIGKILL)");
    }

    [Theory]
    [InlineData("")]
    [InlineData("trap '' HUP USR1 INT QUIT; ")]
    public void SignalDispositionsAreKept(string before)
    {
        using Sandbox sandbox = new(Identities.User);
        // These tests' own runtime leaves SIGPIPE ignored; a terminal's shell does not.
        string[] shell = ["--default-signal=PIPE", "sh", "-c", before + "exec \"$@\"", "sh"];
        string[] program = ["grep", "-E", "SigIgn|SigBlk", "/proc/self/status"];

        ProcessResult bare = sandbox.Run("env", [.. shell, .. program]);
        ProcessResult covered = sandbox.Run("env", [.. shell, TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", .. program]);

        Assert.Equal(before.Length > 0, !bare.Output.Contains("SigIgn:\t0000000000000000", StringComparison.Ordinal));

        Assert.Equal((bare.Output, 0), (covered.Output, covered.ExitCode));
    }

    [Fact]
    public void ArgumentsAreKept()
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult program = Exec(sandbox, "printf", "<%s>", "a b", "", "--database", "--help", "--", "-x", "*", "@file", "[suggest]", "grün", "line\nbreak");

        Assert.Equal(("<a b><><--database><--help><--><-x><*><@file><[suggest]><grün><line\nbreak>", "", 0), (program.Output, program.Error, program.ExitCode));
    }

    [Fact]
    public void EnvironmentGainsTheShimTheHookAndTheSocketOnly()
    {
        using Sandbox sandbox = new(Identities.User);
        string[] bare = sandbox.Run("env").Output.Split('\n');

        string[] covered = Exec(sandbox, "env").Output.Split('\n');

        Assert.Empty(bare.Except(covered));
        Assert.Equal(
            ["CRASH_HANDLER_EXEC_PID", "CRASH_HANDLER_PIPE", "DOTNET_STARTUP_HOOKS", "LD_PRELOAD"],
            covered.Except(bare).Select(variable => variable.Split('=')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ExistingHooksAndPreloadsAreKept()
    {
        using Sandbox sandbox = new(Identities.User);
        string[] set = ["DOTNET_STARTUP_HOOKS=/first.dll:/second.dll", "LD_PRELOAD=libm.so.6"];

        string[] covered = sandbox.Run("env", [.. set, TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", "env"]).Output.Split('\n');

        Assert.Contains($"DOTNET_STARTUP_HOOKS=/first.dll:/second.dll:{TestPrograms.Shared.Hook}", covered);
        Assert.Contains($"LD_PRELOAD={TestPrograms.Shared.Shim} libm.so.6", covered);
    }

    [Fact]
    public void ShimOnlyGoesWithoutTheHook()
    {
        using Sandbox sandbox = new(Identities.User);

        string output = sandbox.Handler("exec", "--database", sandbox.Database, "--shim-only", "--", "env").Output;

        Assert.Contains("LD_PRELOAD=", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DOTNET_STARTUP_HOOKS", output, StringComparison.Ordinal);
    }

    /// <summary>A list of hooks is separated by colons, and knows no quoting: a link leads around one in our own path.</summary>
    [Fact]
    public void AColonInThePathOfTheHookIsNoObstacle()
    {
        using Sandbox sandbox = new(Identities.User);
        string artifacts = sandbox.MakeFolder("a:b");
        sandbox.Run("cp", "-r", Path.GetDirectoryName(TestPrograms.Shared.Handler)! + "/.", artifacts);

        ProcessResult program = sandbox.Run(Path.Combine(artifacts, "crash-handler"), "exec", "--database", sandbox.Database, "--", TestPrograms.Shared.Victim, "--kind", "unhandled");

        Assert.Equal(128 + 6, program.ExitCode);
        Assert.Equal("victim", sandbox.SingleReport().GetProperty("parameters").GetProperty("_productName").GetString());
    }

    [Fact]
    public void VariablesAreTheDefaultsOfItsOptions()
    {
        using Sandbox sandbox = new(Identities.User);
        string[] set = [$"CRASH_HANDLER_CRASHES_DIRECTORY={sandbox.Database}", "CRASH_HANDLER_SUBMIT_URL=ftp://nowhere/", "CRASH_HANDLER_COMPANY_NAME=Company"];

        ProcessResult program = sandbox.Run("env", [.. set, TestPrograms.Shared.Handler, "exec", "--product", "Product", "--annotation", "a=b", "--", "sh", "-c", "kill -SEGV $$"]);

        Assert.Equal(128 + 11, program.ExitCode);
        Assert.Equal("crash-handler: CRASH_HANDLER_SUBMIT_URL is not taken: it must be an absolute http or https URL; it is 'ftp://nowhere/'\n", program.Error);
        JsonElement parameters = sandbox.SingleReport().GetProperty("parameters");
        Assert.Equal(
            ("Product", "Company", "b", "main"),
            (Text("_productName"), Text("_companyName"), Text("a"), Text("process_type")));

        string? Text(string name) => parameters.GetProperty(name).GetString();
    }

    [Fact]
    public void DatabaseIsNamedAfterTheProgram()
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult program = sandbox.Handler("exec", "--", TestPrograms.Shared.Victim, "--kind", "abort");

        Assert.Equal(128 + 6, program.ExitCode);
        Assert.Single(sandbox.Json("reports", "list", "--database", sandbox.PathOf("victim Crashes"), "--json").EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void SetuidProgramIsAnnounced(string identity)
    {
        using Sandbox sandbox = new(identity);
        string program = sandbox.WriteFile("program", File.ReadAllBytes("/bin/true"));
        File.SetUnixFileMode(program, UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        ProcessResult result = Exec(sandbox, program);

        AssertAnnounced(result, program, "setuid");
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void StaticProgramIsAnnounced(string identity)
    {
        using Sandbox sandbox = new(identity);
        string program = sandbox.CompileScript("nothing.c", "-static", "-nostdlib");

        ProcessResult result = Exec(sandbox, program);

        AssertAnnounced(result, program, "static");
    }

    private static ProcessResult Exec(Sandbox sandbox, params string[] program)
        => sandbox.Handler(["exec", "--database", sandbox.Database, "--", .. program]);

    private static void AssertAnnounced(ProcessResult result, string program, string word)
    {
        Assert.Equal(("", 0), (result.Output, result.ExitCode));
        Assert.Matches(OneLine(), result.Error);
        Assert.Contains(program, result.Error, StringComparison.Ordinal);
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\Acrash-handler: [^\n]+\n\z")]
    private static partial Regex OneLine();
}
