using System.Text.Json;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Root, come by sudo, looks at its caller's database: it is found, shown, and stays the caller's. Who is neither is refused.</summary>
public sealed class SudoTests : IDisposable
{
    private const int Failed = 1;

    // Nobody else's: what other tests run as the usual unprivileged user must not be found.
    private static readonly uint s_caller = 500_000 + (uint)Environment.ProcessId;
    private static readonly uint s_stranger = s_caller + 1_000_000;

    private readonly Sandbox _sandbox;

    public SudoTests()
    {
        Identities.Require(Identities.Root);
        Identities.Require(Identities.User);
        _sandbox = new Sandbox(Identities.Root);
        Assert.Equal(0, _sandbox.Run("chown", "-R", $"{s_caller}", _sandbox.Folder).ExitCode);
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void TheCallersDatabaseIsFoundAndStaysHis()
    {
        (string database, string id) = Crash("Sudo Crashes");
        Dictionary<string, FileStatus> before = Owners(database);

        JsonElement reports = JsonElement.Parse(AsSudo("reports", "list", "--json").Output);
        Assert.Equal(id, Assert.Single(reports.EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(id, JsonElement.Parse(AsSudo("reports", "show", id, "--json").Output).GetProperty("id").GetString());
        Assert.Contains("uploads are on", AsSudo("uploads", "status").Output, StringComparison.Ordinal);
        Assert.Contains("1 pending", AsSudo("status", "--database", database).Output, StringComparison.Ordinal);
        Assert.Contains(database, JsonElement.Parse(AsSudo("doctor", "--json").Output).ToString(), StringComparison.Ordinal);

        Dictionary<string, FileStatus> after = Owners(database);
        Assert.All(after, file => Assert.Equal(s_caller, file.Value.UserId));
        Assert.Equal(before, after);
    }

    /// <summary>Its handler is found too, whose state only its user and root are told.</summary>
    [Fact]
    public void TheHandlerOfANamedDatabaseIsItsOwners()
    {
        RunningProcess handler = _sandbox.StartAs(s_caller, "env", "-u", "XDG_RUNTIME_DIR", TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);

        JsonElement status = Assert.Single(_sandbox.Json("status", "--json", "--database", _sandbox.Database).EnumerateArray());

        Assert.Equal(handler.Pid, status.GetProperty("handlerPid").GetInt32());
    }

    /// <summary>What is to be changed is to be named: nobody changes somebody else's by a variable.</summary>
    [Fact]
    public void WhatChangesADatabaseDoesNotLookForTheCallers()
    {
        (string database, string id) = Crash("Sudo Crashes");

        // Whatever else is found here, it has no such report.
        ProcessResult result = AsSudo("reports", "upload", id, "--url", "http://127.0.0.1:1/");

        Assert.Equal((Failed, ""), (result.ExitCode, result.Output));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(database, "requests")));
        Assert.Equal(0, Assert.Single(_sandbox.Json("reports", "list", "--json", "--database", database).EnumerateArray()).GetProperty("unanswered").GetInt32());
    }

    [Fact]
    public void AnotherUserIsRefused()
    {
        (string database, _) = Crash("database");
        // Open as far as the database, which is closed by itself.
        Assert.Equal(0, _sandbox.Run("chmod", "755", _sandbox.Folder).ExitCode);

        foreach (string[] verb in (string[][])[["reports", "list"], ["reports", "show", "0"], ["status"], ["uploads", "status"]])
        {
            ProcessResult result = _sandbox.RunAs(s_stranger, TestPrograms.Shared.Handler, [.. verb, "--database", database]);

            Assert.Equal((Failed, ""), (result.ExitCode, result.Output));
            Assert.Matches($@"\Acrash-handler: '[^\n]*' (is closed to|belongs to uid {s_caller}, not to) uid {s_stranger}\b[^\n]*look at it as that user[^\n]*\n\z", result.Error);
        }
    }

    private (string Database, string Id) Crash(string name)
    {
        string database = _sandbox.PathOf(name), victim = _sandbox.CompileScript("fault.c");
        _sandbox.RunAs(s_caller, TestPrograms.Shared.Handler, "exec", "--database", database, "--", victim);
        JsonElement report = Assert.Single(_sandbox.Json("reports", "list", "--json", "--database", database).EnumerateArray());
        return (database, report.GetProperty("id").GetString()!);
    }

    private ProcessResult AsSudo(params string[] verb) => _sandbox.Run("env", ["-u", "XDG_RUNTIME_DIR", $"SUDO_UID={s_caller}", $"SUDO_GID={s_caller}", "SUDO_USER=caller", TestPrograms.Shared.Handler, .. verb]);

    private static Dictionary<string, FileStatus> Owners(string database)
        => Directory.EnumerateFileSystemEntries(database, "*", SearchOption.AllDirectories).Append(database)
            // The handler ends in its own time, and its mark of life with it.
            .Where(path => !path.Contains("/handlers/", StringComparison.Ordinal)).ToDictionary(path => path, path => FileStatus.Of(path)!.Value);
}
