using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Doctor.Gathering;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.Doctor;

/// <summary>What is gathered, where it takes more than reading a file.</summary>
public sealed class LookTests
{
    [Fact]
    public void AttemptsAreReadFromWhatWasSaid()
    {
        AttemptFacts facts = AttemptLook.Parse("tries ptrace\ntried ptrace 1\ntries open of /proc/PID/mem\ntried open of /proc/PID/mem 0\n", trouble: null);

        Assert.Equal([new Attempt("ptrace", 1), new Attempt("open of /proc/PID/mem", 0)], facts.Attempts);
        Assert.Null(facts.Trouble);
        Assert.True(facts.Refuses(AttemptFacts.Ptrace));
        Assert.False(facts.Refuses(AttemptFacts.Memory));
    }

    [Theory]
    [InlineData("tries ptrace\n", "ptrace")]
    [InlineData("tries memfd_create\ntried memfd_create 0\ntries ptrace\n", "ptrace")]
    [InlineData("tries memfd_create\ntried memfd_create 0\n", null)]
    public void WhatWasBegunWhenItsProcessEndedKilledIt(string said, string? killer)
    {
        AttemptFacts facts = AttemptLook.Parse(said, "its process ended with 159");

        Assert.Equal(killer, facts.Attempts.SingleOrDefault(attempt => attempt.WasKilled)?.Call);
        Assert.NotNull(facts.Trouble);
    }

    [Theory]
    [InlineData("D /tmp 1777 root root -", true)]
    [InlineData("q /tmp 1777 root root 10d", true)]
    [InlineData("d  /tmp   1777 root root 10d", true)]
    [InlineData("R! /tmp/a", true)]
    [InlineData("q /tmp 1777 root root -", false)]
    [InlineData("d /tmp 1777", false)]
    [InlineData("D /tmpfs 1777 root root -", false)]
    [InlineData("D /tmp/other 1777 root root -", false)]
    [InlineData("#D /tmp 1777 root root -", false)]
    [InlineData("x /tmp/a", false)]
    [InlineData("", false)]
    public void RulesThatEmptyADirectoryAreKnown(string rule, bool empties)
        => Assert.Equal(empties, StorageLook.EmptiedBy("/tmp/a/b Crashes", ["", "# a comment", rule]) is not null);

    [Theory]
    [InlineData("\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0", "2.34")]
    [InlineData("GLIBC_", null)]
    [InlineData("no names", null)]
    public void TheFloorIsTheHighestVersion(string file, string? floor)
        => Assert.Equal(floor is null ? null : Version.Parse(floor), InstallationLook.FloorOf(System.Text.Encoding.ASCII.GetBytes(file)));

    [Fact]
    public void LookingAtADirectoryLeavesNothingThere()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-doctor-");
        try
        {
            DateTime before = directory.LastWriteTimeUtc;

            DatabaseFacts facts = StorageLook.Database(directory.FullName)!;
            DatabaseFacts below = StorageLook.Database(Path.Combine(directory.FullName, "a", "b"))!;

            Assert.Null(facts.WhyNotWritable);
            Assert.Equal((true, false, PosixFiles.UserId()), (facts.Exists, below.Exists, below.Owner));
            Assert.Empty(directory.EnumerateFileSystemInfos());
            directory.Refresh();
            Assert.Equal(before, directory.LastWriteTimeUtc);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void AssembliesAreAskedForTheirSymbols()
    {
        // This one has a portable PDB beside it, the runtime's own have none.
        Assert.True(SymbolLook.HasSymbols(typeof(LookTests).Assembly.Location));
        Assert.False(SymbolLook.HasSymbols(typeof(object).Assembly.Location));
        SymbolFacts own = SymbolLook.Gather(Environment.ProcessId)!;
        Assert.DoesNotContain(own.Without, name => name == Path.GetFileName(typeof(LookTests).Assembly.Location));
        Assert.InRange(own.WithSymbols, 1, int.MaxValue);
    }

    [Fact]
    public void TheRuntimeOfThisProcessHasItsDebuggingLibrary()
    {
        RuntimeFacts runtime = Assert.Single(RuntimeLook.OfProcess(Environment.ProcessId, PosixFiles.UserId())!);

        Assert.True(runtime.HasDac);
        Assert.NotNull(runtime.Build);
        Assert.Equal(runtime.Build, runtime.DacBuild);
    }

    [Fact]
    public void AServerThatTakesNoConnectionIsToldAsSuch()
    {
        // Nobody listens at a port that was just given back.
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        int port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        ServerFacts refused = ServerLook.Gather(new Uri($"http://user:secret@127.0.0.1:{port}/submit?token=secret"))!;

        Assert.Equal(ServerFailure.Connect, refused.Failure);
        Assert.DoesNotContain("secret", $"{refused.Url} {refused.Reason}", StringComparison.Ordinal);
    }
}
