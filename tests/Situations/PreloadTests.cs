using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>The shim in LD_PRELOAD of whatever a program starts: where it works it is not seen, and where it cannot work it does no harm.</summary>
public sealed class PreloadTests
{
    private const int OwnExit = 5;
    private const string Wrong32 = "cannot be preloaded (wrong ELF class: ELFCLASS64): ignored.";
    private const string NotFound = "cannot be preloaded (cannot open shared object file): ignored.";

    /// <summary>Directory of the handler and the shim.</summary>
    public static TheoryData<string> Folders => ["plain", "with space", "with:colon", "with;semicolon", "both: of them"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void ShellPipelinesAndTheirChildrenAreCoveredFromAnyFolder(string folder)
    {
        using Sandbox sandbox = new(Identities.User);
        string program = SituationPrograms.Compile("children");
        string[] shell = ["sh", "-c", "echo one | cat; \"$0\" fork | cat; \"$0\" fork; (exit 7)", program];

        ProcessResult bare = sandbox.Run(shell[0], shell[1..]);
        ProcessResult covered = sandbox.Run(CopyHandler(sandbox, folder), ["exec", "--database", sandbox.Database, "--", .. shell]);

        Outcome outcome = new(bare, covered, sandbox.Reports());
        outcome.EndedAlike(7).ReportedOnce(Reasons.Fault);
        Assert.Equal(2, outcome.Reports.Count);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void PreparedChildIsCoveredFromAnyFolder(string folder)
    {
        using Sandbox sandbox = new(Identities.User);
        string handler = CopyHandler(sandbox, folder);

        ProcessResult main = sandbox.Run(
            TestPrograms.Shared.Victim, "--role", "main", "--no-upload", "--kind", "none", "--database", sandbox.Database, "--handler", handler, "--spawn-child", "--kind segv");

        Assert.Equal((0, ""), (main.ExitCode, main.Error));
        Assert.Equal(Reasons.Fault, sandbox.SingleReport().GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData(Identities.Root)]
    [InlineData(Identities.User)]
    public void StaticAndSetuidChildrenOfAShellAreUnharmed(string identity)
    {
        using Sandbox sandbox = new(identity);
        string statically = SituationPrograms.Compile("exits", "-static");
        string setuid = CompileSetuid();
        string[] shell = ["sh", "-c", "\"$0\"; echo $?; \"$1\" | cat; \"$1\"", statically, setuid];

        ProcessResult bare = sandbox.Run(shell[0], shell[1..]);
        ProcessResult covered = sandbox.Handler(["exec", "--database", sandbox.Database, "--", .. shell]);

        Assert.Equal(("exits\n5\nexits\nexits\n", "", OwnExit), (bare.Output, bare.Error, bare.ExitCode));
        Assert.Equal((bare.Output, bare.Error, bare.ExitCode), (covered.Output, covered.Error, covered.ExitCode));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    public void ThirtyTwoBitProgramIsAnnouncedAndSaysOneLine(string folder)
    {
        using Sandbox sandbox = new(Identities.User);
        string program = SituationPrograms.Compile32("exits");
        string handler = CopyHandler(sandbox, folder);

        ProcessResult direct = sandbox.Run(handler, "exec", "--database", sandbox.Database, "--", program);
        ProcessResult child = sandbox.Run(handler, "exec", "--database", sandbox.Database, "--", "sh", "-c", "\"$0\" | cat", program);

        Assert.Equal(("exits\n", OwnExit), (direct.Output, direct.ExitCode));
        Assert.Equal(("exits\n", 0), (child.Output, child.ExitCode));
        string[] lines = direct.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith($"crash-handler: crashes of '{program}' itself are not reported: it is a 32-bit program", lines[0], StringComparison.Ordinal);
        Assert.Contains("ld.so", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(Wrong32, lines[1], StringComparison.Ordinal);
        Assert.EndsWith(Wrong32, Assert.Single(child.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void SetuidProgramUnderAPathWithASpaceIsAnnouncedAndSaysOneLine()
    {
        using Sandbox sandbox = new(Identities.User);
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root, to make a program that is setuid to somebody else");
        }

        string program = CompileSetuid();

        ProcessResult direct = sandbox.Run(CopyHandler(sandbox, "with space"), "exec", "--database", sandbox.Database, "--", program);

        Assert.Equal(("exits\n", OwnExit), (direct.Output, direct.ExitCode));
        string[] lines = direct.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith($"crash-handler: crashes of '{program}' itself are not reported: it is setuid", lines[0], StringComparison.Ordinal);
        Assert.Contains("ld.so", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(NotFound, lines[1], StringComparison.Ordinal);
    }

    /// <summary>A child that looks for its libraries elsewhere.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("with:colon")]
    public void ChildWithAnotherLibraryPathIsCovered(string folder)
    {
        using Sandbox sandbox = new(Identities.User);
        string[] program = ["env", "LD_LIBRARY_PATH=/nowhere", SituationPrograms.Compile("threads"), "faults", "1"];

        ProcessResult bare = sandbox.Run(program[0], program[1..]);
        ProcessResult covered = sandbox.Run(CopyHandler(sandbox, folder), ["exec", "--database", sandbox.Database, "--", .. program]);

        new Outcome(bare, covered, sandbox.Reports()).EndedAlike(Reasons.FaultExit).ReportedOnce(Reasons.Fault);
    }

    /// <summary>Where only LD_LIBRARY_PATH leads to the shim, a child with another one is not covered, and ld.so says so in one line.</summary>
    [Fact]
    public void ChildWithAnotherLibraryPathUnderAPathWithASpaceIsUnharmed()
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult covered = sandbox.Run(
            CopyHandler(sandbox, "with space"), "exec", "--database", sandbox.Database, "--", "env", "LD_LIBRARY_PATH=/nowhere", SituationPrograms.Compile("exits"));

        Assert.Equal(("exits\n", OwnExit), (covered.Output, covered.ExitCode));
        Assert.EndsWith(NotFound, Assert.Single(covered.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>Another library that takes over the same names, before us and behind us, sees what it saw without us.</summary>
    [Theory]
    [InlineData("well", "", 0)]
    [InlineData("fault", Reasons.Fault, Reasons.FaultExit)]
    [InlineData("abort", Reasons.Abort, Reasons.AbortExit)]
    public void AnotherPreloadedLibraryGoesOnWorking(string kind, string reason, int exitCode)
    {
        string other = SituationPrograms.CompileLibrary("interposer");
        string program = SituationPrograms.Compile("interposed");
        foreach (string order in new[] { $"{other}:{TestPrograms.Shared.Shim}", $"{TestPrograms.Shared.Shim}:{other}", $"{TestPrograms.Shared.Shim} {other}" })
        {
            using Sandbox sandbox = new(Identities.User);

            ProcessResult bare = sandbox.Run("env", $"LD_PRELOAD={other}", program, kind);
            ProcessResult covered = sandbox.Handler("exec", "--database", sandbox.Database, "--", "env", $"LD_PRELOAD={order}", program, kind);

            Outcome outcome = new(bare, covered, sandbox.Reports());
            outcome.EndedAlike(exitCode);
            Assert.Contains("rand 4\n", bare.Output, StringComparison.Ordinal);
            if (reason.Length > 0)
            {
                outcome.ReportedOnce(reason);
            }
            else
            {
                outcome.NotReported();
                Assert.EndsWith("1 calls of sigaction\n", bare.Output, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>What is in LD_PRELOAD already stays there.</summary>
    [Fact]
    public void ExecKeepsAnotherPreloadedLibrary()
    {
        using Sandbox sandbox = new(Identities.User);
        string other = SituationPrograms.CompileLibrary("interposer");

        ProcessResult covered = sandbox.Run(
            "env", $"LD_PRELOAD={other}", TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", SituationPrograms.Compile("interposed"), "well");

        Assert.EndsWith("rand 4\n1 calls of sigaction\n", covered.Output, StringComparison.Ordinal);
        Assert.Equal(0, covered.ExitCode);
    }

    /// <summary>A program that runs as its owner, who is whoever runs these tests.</summary>
    private static string CompileSetuid()
    {
        string program = SituationPrograms.Compile("exits", "-DSETUID");
        File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.SetUser);
        return program;
    }

    private static string CopyHandler(Sandbox sandbox, string folder)
    {
        string copy = sandbox.PathOf(folder);
        SituationPrograms.CopyFolder(Path.GetDirectoryName(TestPrograms.Shared.Handler)!, copy);
        return Path.Combine(copy, Path.GetFileName(TestPrograms.Shared.Handler));
    }
}
