using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Mono.Unix.Native;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What a handler keeps of its database, and <c>reports delete</c> and <c>reports prune</c>, with a handler that runs, is stopped, was killed, or is not there.</summary>
public sealed class RetentionTests
{
    private const string UnknownId = "00000000-0000-4000-8000-000000000000";

    [Fact]
    public void AHandlerKeepsItsLimitsAfterEachReportAndAtItsStart()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox, "--max-count", "2");
        string[] ids = [.. Enumerable.Range(0, 3).Select(_ => Crash(sandbox))];

        WaitForReports(sandbox, ids[1..]);
        sandbox.Until(() => File.ReadLines(Path.Combine(sandbox.Database, "handler.log")).FirstOrDefault(line => line.Contains($"Report {ids[0]}, which was not sent, of ", StringComparison.Ordinal)
            && line.EndsWith(" is removed: there are more than 2", StringComparison.Ordinal)), () => "a line in the log");
        sandbox.Kill(handler.Pid);
        StartHandler(sandbox, "--max-count", "1");

        WaitForReports(sandbox, ids[2..]);
        AssertNothingElse(sandbox, ids[2]);
    }

    [Fact]
    public void TheSizeLimitTakesAllButTheNewest()
    {
        using Sandbox sandbox = new(Identities.User);
        StartHandler(sandbox, "--max-size", "1");
        string[] ids = [Crash(sandbox), Crash(sandbox)];
        // More than a MiB, of a report that is no larger than the other.
        File.WriteAllBytes(Path.Combine(sandbox.Database, "pending", $"{ids[1]}.managed.json"), new byte[2 << 20]);

        string third = Crash(sandbox);

        WaitForReports(sandbox, [third]);
        AssertNothingElse(sandbox, third);
    }

    [Theory]
    [InlineData("Begun")]
    [InlineData("DumpRemoved")]
    [InlineData("FilesRemoved")]
    public void AHandlerThatIsKilledWhileItDeletesLeavesNothingThatTheNextOneDoesNotEnd(string step)
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 2);
        RunningProcess handler = StartHandler(sandbox, "--max-count", "1", "--fail-at", $"kill:{step}");
        Assert.NotEqual(0, handler.Finish().ExitCode);
        Assert.Equal(ids[1..], Ids(sandbox));

        StartHandler(sandbox);

        sandbox.Until(() => Files(sandbox).All(file => file.Contains(ids[1])) ? "ended" : null, () => $"an end of the deletion: {string.Join(' ', Files(sandbox))}");
        AssertNothingElse(sandbox, ids[1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReportsAreDeletedByIdByTheBeginningOfOneAndAll(bool isRunning)
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 5);
        if (isRunning)
        {
            StartHandler(sandbox);
        }

        AssertDone(Delete(sandbox, ids[0], ids[1][..13], ids[1]), $"{ids[0]}  deleted\n{ids[1]}  deleted\n2 reports deleted, ");
        Assert.Equal(ids[2..], Ids(sandbox));
        JsonElement deleted = sandbox.Json("reports", "delete", ids[2], "--json", "--database", sandbox.Database);
        Assert.Equal(ids[2], deleted.GetProperty("deleted")[0].GetProperty("id").GetString());
        Assert.True(deleted.GetProperty("bytes").GetInt64() > 1_000 && deleted.GetProperty("hasEnded").GetBoolean() && deleted.GetProperty("inUse").GetArrayLength() == 0, deleted.ToString());
        AssertDone(Delete(sandbox, "--all"), $"{ids[3]}  deleted\n{ids[4]}  deleted\n2 reports deleted, ");
        AssertDone(Delete(sandbox, "--all"), "0 reports deleted, ");

        Assert.Empty(Files(sandbox));
    }

    [Fact]
    public void AWrongIdDeletesNothing()
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 17);
        // Of seventeen ids two begin with the same digit.
        string ambiguous = ids.GroupBy(id => id[..1]).First(group => group.Count() > 1).Key;
        string[] before = Files(sandbox);

        AssertRefused(Delete(sandbox, ids[0], UnknownId), 1, UnknownId);
        AssertRefused(Delete(sandbox, ids[0], "no-such-report"), 1, "no-such-report");
        AssertRefused(Delete(sandbox, ids[0], ambiguous), 1, "give more of it");
        AssertRefused(Delete(sandbox, ids[0], ""), 1, "the report's id is empty");
        AssertRefused(Delete(sandbox, ids[0], "../pending/" + ids[1]), 1, "no report");
        AssertRefused(Delete(sandbox), 2, "--all");
        AssertRefused(Delete(sandbox, ids[0], "--all"), 2, "--all");

        Assert.Equal(before, Files(sandbox));
    }

    [Fact]
    public void WhileTheHandlerIsStoppedTheyAreGoneAndTheirRoomComesBackWhenItGoesOn()
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 2);
        int handler = StartHandler(sandbox).Pid;
        ReportDatabase database = ReportDatabase.OpenExisting(sandbox.Database);
        sandbox.Until(
            () =>
            {
                using FileDescriptor? free = database.TryLockUploads();
                return free is null ? "held" : null;
            },
            () => "the handler to take the upload lock");
        Assert.Equal(0, Syscall.kill(handler, Signum.SIGSTOP));
        try
        {
            ProcessResult result = Delete(sandbox, ids[0]);

            Assert.Equal((0, 1), (result.ExitCode, result.Error.Count(c => c == '\n')));
            Assert.Contains("is stopped", result.Error, StringComparison.Ordinal);
            Assert.Equal(ids[1..], Ids(sandbox));
        }
        finally
        {
            Assert.Equal(0, Syscall.kill(handler, Signum.SIGCONT));
        }

        sandbox.Until(() => Files(sandbox).All(file => file.Contains(ids[1])) ? "ended" : null, () => "the handler to end the deletion");
    }

    [Fact]
    public void WhatIsBeingSentIsNotDeleted()
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 2);
        // A server that takes its time: the newest report is being sent for as long as the test lasts.
        Collector collector = sandbox.StartCollector("--play", "slow:600");
        StartHandler(sandbox, "--url", collector.Url);
        ReportDatabase database = ReportDatabase.OpenExisting(sandbox.Database);
        sandbox.Until(() => database.IsInUse(database.Find(ids[1])!) ? "sent" : null, () => "the report to be sent");

        AssertRefused(Delete(sandbox, ids), 1, $"report {ids[1]} is being sent");
        Assert.Equal(ids, Ids(sandbox));
        ProcessResult all = Delete(sandbox, "--all");

        Assert.Equal(0, all.ExitCode);
        Assert.Equal(ids[1..], Ids(sandbox));
        Assert.StartsWith($"{ids[0]}  deleted\n1 report deleted, ", all.Output, StringComparison.Ordinal);
        Assert.StartsWith($"crash-handler: report {ids[1]} is being sent, and stays\n", all.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void PruneSaysWhatGoesRemovesItAndShowsTheQuarantine()
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 3);
        string orphan = Guid.NewGuid().ToString();
        sandbox.WriteFile($"database/pending/{orphan}.dmp", new byte[100]);
        string[] before = Files(sandbox);

        JsonElement would = Prune(sandbox, "--max-count", "1", "--dry-run");
        Assert.Equal(before, Files(sandbox));
        ProcessResult text = sandbox.Handler("reports", "prune", "--database", sandbox.Database, "--max-count", "2");
        JsonElement does = Prune(sandbox, "--max-count", "1");

        Assert.True(would.GetProperty("dryRun").GetBoolean());
        Assert.Equal(ids[..2], Removed(would));
        Assert.All(would.GetProperty("removed").EnumerateArray(), removal => Assert.Equal(("report", "count"), (removal.GetProperty("what").GetString(), removal.GetProperty("reason").GetString())));
        Assert.Equal(0, text.ExitCode);
        Assert.Contains(ids[0], text.Output, StringComparison.Ordinal);
        Assert.Contains("\n1 thing went, ", text.Output, StringComparison.Ordinal);
        Assert.Contains("\n2 reports kept, ", text.Output, StringComparison.Ordinal);
        Assert.Contains($"pending-{orphan}.dmp", text.Output, StringComparison.Ordinal);
        Assert.Contains("no record names it", text.Error, StringComparison.Ordinal);
        Assert.Equal(ids[1..2], Removed(does));
        Assert.Equal((1, 1, 365, 128 << 20), (does.GetProperty("keptReports").GetInt32(), does.GetProperty("maxReports").GetInt32(), does.GetProperty("maxAgeDays").GetInt32(), does.GetProperty("maxBytes").GetInt32()));
        JsonElement quarantined = Assert.Single(does.GetProperty("quarantine").EnumerateArray());
        Assert.Equal(($"pending-{orphan}.dmp", 100), (quarantined.GetProperty("id").GetString(), quarantined.GetProperty("bytes").GetInt32()));
        Assert.Equal(ids[2..], Ids(sandbox));
        Assert.Equal("Nothing is over the limits.", sandbox.Handler("reports", "prune", "--database", sandbox.Database).Output.Split('\n')[0]);
    }

    [Fact]
    public void PruneWorksWhileTheHandlerRuns()
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] ids = Fill(sandbox, 3);
        StartHandler(sandbox);

        JsonElement pruned = Prune(sandbox, "--max-count", "1");

        Assert.True(pruned.GetProperty("hasEnded").GetBoolean());
        Assert.Equal(ids[2..], Ids(sandbox));
        AssertNothingElse(sandbox, ids[2]);
    }

    [Theory]
    [InlineData("--max-age", "0")]
    [InlineData("--max-age", "1000001")]
    [InlineData("--max-size", "-1")]
    [InlineData("--max-count", "0")]
    [InlineData("--max-count", "many")]
    public void ALimitIsAWholeNumberFromOneOn(string option, string value)
    {
        using Sandbox sandbox = new(Identities.User);

        AssertRefused(sandbox.Handler("reports", "prune", "--database", sandbox.Database, option, value), 2, option);
        AssertRefused(sandbox.Handler("run", "--database", sandbox.Database, option, value), 2, option);
        Assert.False(Directory.Exists(sandbox.Database));
    }

    [Fact]
    public void WhatRootChangesStaysItsOwners()
    {
        Identities.Require(Identities.Root);
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox);
        string[] ids = [Crash(sandbox), Crash(sandbox), Crash(sandbox)];
        sandbox.Kill(handler.Pid);
        sandbox.WriteFile($"database/pending/{Guid.NewGuid()}.dmp", new byte[100]);
        Directory.Delete(Path.Combine(sandbox.Database, "deletions"));

        Assert.Equal(0, AsRoot("reports", "delete", ids[0], "--database", sandbox.Database));
        Assert.Equal(0, AsRoot("reports", "prune", "--max-count", "1", "--database", sandbox.Database));

        Assert.Equal(ids[2..], Ids(sandbox));
        Assert.True(Directory.Exists(Path.Combine(sandbox.Database, "deletions")) && Directory.Exists(Path.Combine(sandbox.Database, "quarantine")));
        Assert.All(
            Directory.EnumerateFileSystemEntries(sandbox.Database, "*", SearchOption.AllDirectories),
            path => Assert.True(Syscall.lstat(path, out Stat stat) == 0 && stat.st_uid == Identities.UnprivilegedId && stat.st_gid == Identities.UnprivilegedId, path));
    }

    // A handler that nobody needs to start: with clients' reports it waits to send.
    private static RunningProcess StartHandler(Sandbox sandbox, params string[] options)
    {
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, ["run", "--database", sandbox.Database, "--pipe", Socket(sandbox), "--persistent", "--ready-fd", "1", .. options]);
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
        return handler;
    }

    private static string Socket(Sandbox sandbox) => sandbox.PathOf("retention.sock");

    /// <summary>Files so many reports as a handler does; their ids, oldest first.</summary>
    private static string[] Fill(Sandbox sandbox, int count)
    {
        ReportDatabase database = ReportDatabase.Create(sandbox.Database);
        for (int i = 0; i < count; i++)
        {
            using PendingReport report = database.BeginReport(Guid.NewGuid())!;
            report.Commit(TestDatabase.Record(report.Id) with { Created = DateTimeOffset.UtcNow.AddMinutes(i - count) }, dump => dump.Write(TestDatabase.Dump));
        }

        return Ids(sandbox);
    }

    /// <summary>The id of a new report.</summary>
    private static string Crash(Sandbox sandbox)
    {
        string[] before = Ids(sandbox);
        string victim = sandbox.PathOf("fault");
        if (!File.Exists(victim))
        {
            Assert.Equal(victim, sandbox.CompileScript("fault.c"));
        }

        // Not the shell: it is not prepared.
        ProcessResult end = sandbox.Run("sh", "-c", "LD_PRELOAD=$1 CRASH_HANDLER_PIPE=$2 \"$3\"; exit 0", "sh", TestPrograms.Shared.Shim, Socket(sandbox), victim);
        Assert.Equal(0, end.ExitCode);
        return Assert.Single(Ids(sandbox).Except(before));
    }

    // Oldest first.
    private static string[] Ids(Sandbox sandbox)
        => [.. ReportDatabase.OpenExisting(sandbox.Database).List().OrderBy(report => report.Created).Select(report => report.Id)];

    private static void WaitForReports(Sandbox sandbox, string[] ids)
    {
        string[] found = [];
        sandbox.Until(() => (found = Ids(sandbox)).SequenceEqual(ids) ? "they" : null, () => $"the reports {string.Join(' ', ids)}; there are {string.Join(' ', found)}");
    }

    // Files of reports, wherever they are.
    private static string[] Files(Sandbox sandbox)
        => [.. Directory.EnumerateFiles(sandbox.Database, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(sandbox.Database, path)).Where(path => path.Contains('/') && !path.StartsWith(HandlerRun.DirectoryName + "/", StringComparison.Ordinal)).Order()];

    private static void AssertNothingElse(Sandbox sandbox, string id)
    {
        sandbox.Until(() => Files(sandbox).All(file => file.Contains(id)) ? "nothing" : null, () => $"nothing but {id}: {string.Join(' ', Files(sandbox))}");
        Assert.False(Directory.Exists(Path.Combine(sandbox.Database, "quarantine")));
    }

    private static ProcessResult Delete(Sandbox sandbox, params string[] arguments) => sandbox.Handler(["reports", "delete", .. arguments, "--database", sandbox.Database]);

    private static JsonElement Prune(Sandbox sandbox, params string[] arguments) => sandbox.Json(["reports", "prune", "--json", "--database", sandbox.Database, .. arguments]);

    private static string[] Removed(JsonElement pruned) => [.. pruned.GetProperty("removed").EnumerateArray().Select(removal => removal.GetProperty("id").GetString()!)];

    private static void AssertDone(ProcessResult result, string beginning)
    {
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        Assert.StartsWith(beginning, result.Output, StringComparison.Ordinal);
    }

    private static void AssertRefused(ProcessResult result, int exitCode, string word)
    {
        Assert.Equal(("", exitCode, 1), (result.Output, result.ExitCode, result.Error.Count(c => c == '\n')));
        Assert.StartsWith("crash-handler: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
    }

    private static int AsRoot(params string[] arguments)
    {
        ProcessStartInfo start = new(TestPrograms.Shared.Handler, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        using Process process = Process.Start(start)!;
        // A line at most on each: neither fills its pipe.
        process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(EndToEndLimits.Deadline));
        return process.ExitCode;
    }
}
