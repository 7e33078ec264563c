using System.Text.Json;
using CrashHandler.Tests.Contract;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Root's handler takes the crashes of the users that it was told, with their rights, and nobody else's.</summary>
public sealed class ServedUserTests : IDisposable
{
    private const int Failed = 1, SIGSEGV = 11;

    // Nobody's.
    private const uint Served = 64_997, Stranger = 64_996;

    private readonly Sandbox _sandbox;

    public ServedUserTests()
    {
        Identities.Require(Identities.Root);
        Identities.Require(Identities.User);
        _sandbox = new Sandbox(Identities.Root);
        File.SetUnixFileMode(_sandbox.Folder, (UnixFileMode)0b111_101_101);
    }

    private string Address => _sandbox.PathOf("socket");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void ACrashOfAServedUserIsReportedWithHisRights()
    {
        RunHandler("--serve-user", "nobody", "--serve-user", $"{Served}");
        string secret = _sandbox.WriteFile("secret.txt", "root's alone"u8.ToArray());
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        string own = Path.Combine(_sandbox.MakeFolder("his"), "own.txt");
        File.WriteAllText(own, "his");
        File.SetUnixFileMode(own, UnixFileMode.UserRead);
        _sandbox.GiveAll(_sandbox.PathOf("his"), Served);
        Application application = ApplicationOf(Served);
        application.Start(new CrashReporterOptions { CompanyName = "Ours", ProcessType = "worker", Extra = { ["whose"] = "his" } });
        application.Ask("attach-file", secret);
        application.Ask("attach-file", own);

        Assert.Equal(SIGSEGV, application.DieLast("segv"));

        JsonElement report = _sandbox.SingleReport();
        Assert.Equal(("worker", "Frozen", "his"), (Text(report, "processType"), Text(report, "access"), Text(report.GetProperty("parameters"), "whose")));
        Assert.Equal(["own.txt"], report.GetProperty("attachments").EnumerateArray().Select(name => name.GetString()!));
        string problem = Assert.Single(report.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!), error => error.Contains("secret.txt", StringComparison.Ordinal));
        Assert.Contains("Permission denied", problem, StringComparison.Ordinal);
    }

    /// <summary>What holds for the database, or tells of others, is for its user.</summary>
    [Fact]
    public void AServedUserDecidesNothing()
    {
        RunHandler("--serve-user", $"{Served}");
        Application application = ApplicationOf(Served);
        application.Start(new CrashReporterOptions { CompanyName = "Ours" });

        (_, string uploaded) = application.AskInVain("uploaded");

        Assert.Contains("for uid 0", uploaded, StringComparison.Ordinal);
        Assert.Equal(Failed, _sandbox.RunAs(Served, TestPrograms.Shared.Handler, "status", "--database", _sandbox.Database).ExitCode);
        application.ExitLast();
    }

    [Fact]
    public void AnotherUserIsRefused()
    {
        RunHandler("--serve-user", $"{Served}");
        Application application = ApplicationOf(Stranger);

        StartResult result = application.Ask("start", new CrashReporterOptions { CompanyName = "Ours" }).Deserialize<StartResult>()!;

        Assert.False(result.IsRunning);
        Assert.Contains(result.Degraded, problem => problem.Contains($"does not serve uid {Stranger}", StringComparison.Ordinal));
        application.ExitLast();
    }

    /// <summary>Somebody else's socket, where this user's was: nothing is said to it.</summary>
    [Fact]
    public void AClientLeavesAnotherUsersHandlerAlone()
    {
        string folder = _sandbox.MakeFolder("theirs");
        _sandbox.GiveAll(folder, Stranger);
        string address = Path.Combine(folder, "socket");
        RunningProcess handler = _sandbox.StartAs(Stranger, TestPrograms.Shared.Handler, "run", "--database", Path.Combine(folder, "database"), "--pipe", address, "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
        // So that the kernel lets others in, as it would if they had made it so.
        File.SetUnixFileMode(address, (UnixFileMode)0b110_110_110);
        Application application = new(_sandbox.StartAs(Served, "env", [$"CRASH_HANDLER_PIPE={address}", TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler]));

        StartResult result = application.Ask("start", new CrashReporterOptions { CompanyName = "Ours" }).Deserialize<StartResult>()!;

        Assert.False(result.IsRunning);
        Assert.Contains(result.Degraded, problem => problem.Contains("a handler of this user's, or root's", StringComparison.Ordinal));
        application.ExitLast();
        // Of a named database it is found wherever it listens.
        JsonElement status = Assert.Single(_sandbox.Json("status", "--json", "--database", Path.Combine(folder, "database")).EnumerateArray());
        Assert.Equal(handler.Pid, status.GetProperty("handlerPid").GetInt32());
        Assert.Equal(0, status.GetProperty("refused").GetInt32());
    }

    [Theory]
    [InlineData(Stranger, "0", "for root's handler")]
    [InlineData(0u, "no-such-user", "no user 'no-such-user'")]
    public void WhoCannotServeOthersIsToldSo(uint user, string served, string problem)
    {
        ProcessResult result = _sandbox.RunAs(user, TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--serve-user", served);

        Assert.Equal(Failed, result.ExitCode);
        Assert.Contains(problem, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_sandbox.Database));
    }

    private void RunHandler(params string[] options)
    {
        RunningProcess handler = _sandbox.Start(TestPrograms.Shared.Handler, ["run", "--database", _sandbox.Database, "--pipe", Address, "--persistent", "--ready-fd", "1", .. options]);
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
    }

    private Application ApplicationOf(uint user)
        => new(_sandbox.StartAs(user, "env", [$"CRASH_HANDLER_PIPE={Address}", TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler]));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
