using System.Text.Json;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Root, come by sudo, looks at its caller's database: it is found, shown, and stays the caller's. Who is neither is refused.</summary>
public sealed class SudoTests : IDisposable
{
    private const int Failed = 1;
    private const uint Stranger = 65533;

    private readonly Sandbox _user;

    public SudoTests()
    {
        Identities.Require(Identities.Root);
        _user = new Sandbox(Identities.User);
    }

    public void Dispose() => _user.Dispose();

    [Fact]
    public void TheCallersDatabaseIsFoundAndStaysHis()
    {
        // Where an application keeps its reports that names no directory.
        string database = _user.PathOf("Sudo Crashes");
        Assert.Equal(0, _user.Handler("exec", "--database", database, "--", "true").ExitCode);
        _user.Handler("exec", "--database", database, "--", _user.CompileScript("fault.c"));
        Assert.Single(_user.Json("reports", "list", "--database", database, "--json").EnumerateArray());
        Dictionary<string, FileStatus> before = Owners(database);

        JsonElement reports = JsonElement.Parse(AsSudo("reports", "list", "--json").Output);
        string id = Assert.Single(reports.EnumerateArray()).GetProperty("id").GetString()!;
        Assert.Equal(id, JsonElement.Parse(AsSudo("reports", "show", id, "--json").Output).GetProperty("id").GetString());
        Assert.Contains("1 pending", AsSudo("status", "--database", database).Output, StringComparison.Ordinal);
        Assert.Contains("uploads are on", AsSudo("uploads", "status").Output, StringComparison.Ordinal);
        AsSudo("doctor");

        Dictionary<string, FileStatus> after = Owners(database);
        Assert.All(after, file => Assert.Equal(Identities.UnprivilegedId, file.Value.UserId));
        Assert.Equal(before, after);
    }

    /// <summary>Its handler's too, whose state only its user and root are told.</summary>
    [Fact]
    public void TheHandlerOfANamedDatabaseIsItsOwners()
    {
        RunningProcess handler = _user.Start("env", "-u", "XDG_RUNTIME_DIR", TestPrograms.Shared.Handler, "run", "--database", _user.Database, "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);

        JsonElement status = Assert.Single(JsonElement.Parse(AsRoot("status", "--json", "--database", _user.Database).Output).EnumerateArray());

        Assert.Equal(handler.Pid, status.GetProperty("handlerPid").GetInt32());
    }

    /// <summary>What is changed is to be named: nobody changes somebody else's by a variable.</summary>
    [Fact]
    public void WhatChangesADatabaseDoesNotLookForTheCallers()
    {
        string database = _user.PathOf("Sudo Crashes");
        Assert.Equal(0, _user.Handler("exec", "--database", database, "--", "true").ExitCode);

        ProcessResult result = AsSudo("uploads", "off");

        Assert.Equal(Failed, result.ExitCode);
        Assert.Contains("--database", result.Error, StringComparison.Ordinal);
        Assert.True(_user.Json("uploads", "status", "--json", "--database", database).GetProperty("operator").GetBoolean());
    }

    [Fact]
    public void AnotherUserIsRefused()
    {
        _user.Handler("exec", "--database", _user.Database, "--", "true");
        // Open as far as the database: that is closed by itself.
        File.SetUnixFileMode(_user.Folder, (UnixFileMode)0x1ED);

        foreach (string[] verb in (string[][])[["reports", "list"], ["reports", "show", "0"], ["status"], ["uploads", "status"]])
        {
            ProcessResult result = _user.RunAs(Stranger, TestPrograms.Shared.Handler, [.. verb, "--database", _user.Database]);

            Assert.Equal((Failed, ""), (result.ExitCode, result.Output));
            Assert.Matches(@"\Acrash-handler: '[^\n]*' is closed to uid 65533: it is another user's[^\n]*\n\z", result.Error);
        }
    }

    private ProcessResult AsSudo(params string[] verb) => _user.RunAs(0, "env", [$"SUDO_UID={Identities.UnprivilegedId}", $"SUDO_GID={Identities.UnprivilegedId}", "SUDO_USER=nobody", TestPrograms.Shared.Handler, .. verb]);

    private ProcessResult AsRoot(params string[] verb) => _user.RunAs(0, TestPrograms.Shared.Handler, verb);

    private static Dictionary<string, FileStatus> Owners(string database)
        => Directory.EnumerateFileSystemEntries(database, "*", SearchOption.AllDirectories).Append(database)
            // The handler ends in its own time, and its mark of life with it.
            .Where(path => !path.Contains("/handlers/", StringComparison.Ordinal)).ToDictionary(path => path, path => FileStatus.Of(path)!.Value);
}
