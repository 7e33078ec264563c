using System.Text.Json;
using CrashHandler.Tests.Contract;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>CrashReporter.CaptureReport: a report of a process that goes on as if nothing had been.</summary>
public sealed class CaptureReportTests
{
    private const int InARow = 20;
    private const int AtOnce = 8;

    // Milliseconds; a machine that runs every room's tests at once needs a few tens of them.
    private const double LongestFreeze = 2_000;

    [Theory]
    [InlineData(World.M, "main")]
    [InlineData(World.R, "renderer")]
    public void TheProcessGoesOnAndTheReportIsWhole(string who, string type)
    {
        using World world = new();
        Application application = world.Launch(world.Main(("mark", "main's")));
        World.Become(application, who, ("mark", "child's"));
        string log = world.Sandbox.WriteFile("app.log", "as it is now"u8.ToArray());
        application.Ask("attach-file", log);

        JsonElement answer = application.Ask("capture", "the queue is stuck\nfor a minute");

        // Its files move when it is uploaded.
        string arrived = Assert.Single(world.Collector.WaitFor(1));
        world.Sandbox.WaitUntilUploaded();
        JsonElement report = world.Sandbox.SingleReport();
        string id = answer.GetProperty("id").GetString()!;
        int thread = answer.GetProperty("thread").GetInt32();
        Assert.Equal((id, type, thread), (report.GetProperty("id").GetString(), report.GetProperty("processType").GetString(), report.GetProperty("threadId").GetInt32()));
        Assert.Equal("requested: the queue is stuck for a minute", report.GetProperty("reason").GetString());
        Assert.Equal("the queue is stuck\nfor a minute", report.GetProperty("captureReason").GetString());
        Assert.InRange(report.GetProperty("frozenMilliseconds").GetDouble(), 0.001, LongestFreeze);
        AssertWhole(report);
        JsonElement dump = world.Sandbox.Json("minidump", report.GetProperty("dump").GetString()!, "--json");
        JsonElement exception = dump.GetProperty("exception");
        Assert.Equal((0xFFFFFFFF, 0u, thread), (exception.GetProperty("code").GetUInt32(), exception.GetProperty("flags").GetUInt32(), exception.GetProperty("thread").GetInt32()));
        Assert.Equal(exception.GetProperty("registers").GetProperty("rip").GetString(), exception.GetProperty("address").GetString());
        JsonElement[] threads = [.. dump.GetProperty("threads").EnumerateArray()];
        Assert.Equal(thread, threads[0].GetProperty("id").GetInt32());
        Assert.True(threads.Length > 3, "a .NET process has more threads than the one that asked");
        Assert.All(threads, other => Assert.NotEqual(JsonValueKind.Null, other.GetProperty("registers").ValueKind));
        Assert.Contains("DUMP_REQUESTED", BreakpadTools.Stackwalk(report.GetProperty("dump").GetString()!).Output, StringComparison.Ordinal);
        Assert.Equal(who == World.M ? "main's" : "child's", World.Checked(arrived, type)["mark"]);
        Assert.Equal("as it is now", File.ReadAllText($"{arrived}.attachment-app.log"));
        application.Ask("add", "still", "here");
        if (who != World.M)
        {
            application.Exit();
        }

        application.ExitLast();
    }

    [Fact]
    public void ItIsNoCrash()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        application.Ask("capture", "");
        application.ExitLast();

        application = world.Launch(world.Keeping());

        Assert.False(application.Ask("crashed-last-run").GetBoolean());
        Assert.Equal(0, application.Ask("crashes-in-a-row").GetInt32());
        Assert.Equal("requested", world.Sandbox.SingleReport().GetProperty("reason").GetString());
        application.ExitLast();
    }

    [Fact]
    public void SystemCallsOfOtherThreadsGoOn()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        int blocked = application.Ask("block").GetInt32();
        Assert.True(blocked > 0, "the victim's threads could not be started");

        for (int i = 0; i < 5; i++)
        {
            application.Ask("capture", $"while {blocked} threads wait");
        }

        Assert.Equal(0, application.Ask("unblock").GetInt32());
        application.ExitLast();
    }

    [Fact]
    public void TwentyInARowAndTheCrashAfterThemAreEachAReport()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        string[] ids = [.. Enumerable.Range(0, InARow).Select(i => application.Ask("capture", $"number {i}").GetProperty("id").GetString()!)];
        Assert.Equal(11, application.DieLast());

        IReadOnlyList<JsonElement> reports = world.Sandbox.Reports();
        Assert.Equal(ids.Order(), reports.Where(report => report.GetProperty("captureReason").ValueKind != JsonValueKind.Null).Select(report => report.GetProperty("id").GetString()!).Order());
        Assert.Equal(InARow + 1, reports.Count);
        Assert.Single(reports, report => report.GetProperty("reason").GetString() == "SIGSEGV /SEGV_MAPERR");
    }

    [Fact]
    public void CallsOfManyThreadsComeOneAfterTheOther()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        string[] ids = [.. application.Ask("capture-at-once", AtOnce).EnumerateArray().Select(id => id.GetString()!)];

        IReadOnlyList<JsonElement> reports = world.Sandbox.Reports();
        Assert.Equal(AtOnce, ids.Distinct().Count());
        Assert.Equal(ids.Order(), reports.Select(report => report.GetProperty("id").GetString()!).Order());
        Assert.All(reports, AssertWhole);
        application.ExitLast();
    }

    [Fact]
    public void ACrashOfAnotherProcessMeanwhileIsReportedToo()
    {
        using World world = new();
        Application main = world.Launch(world.Keeping());
        for (int i = 0; i < 5; i++)
        {
            Application other = world.Launch(world.Keeping());

            other.TellToDie("segv");
            string id = main.Ask("capture", "meanwhile").GetProperty("id").GetString()!;

            Assert.Equal(11, other.FinishLast());
            IReadOnlyList<JsonElement> reports = world.Sandbox.Reports();
            Assert.Equal((i + 1) * 2, reports.Count);
            Assert.Contains(reports, report => report.GetProperty("id").GetString() == id);
            Assert.All(reports, AssertWhole);
        }

        main.ExitLast();
    }

    [Fact]
    public void ADeathWhileOtherThreadsAskIsReportedOnceAndWhole()
    {
        for (int i = 0; i < 5; i++)
        {
            using World world = new();
            Application application = world.Launch(world.Keeping());

            Assert.Equal(11, application.DieLast("capturing"));

            IReadOnlyList<JsonElement> reports = world.Sandbox.Reports();
            Assert.Single(reports, report => report.GetProperty("reason").GetString() == "SIGSEGV /SEGV_MAPERR");
            Assert.All(reports, AssertWhole);
            Assert.True(reports.Count > 3, "the other threads captured nothing");
        }
    }

    [Fact]
    public void AHandlerThatWasKilledIsFollowedByOneThatCaptures()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        world.Sandbox.KillHandler();

        string id = application.Ask("capture", "after all").GetProperty("id").GetString()!;

        Assert.Equal(id, world.Sandbox.SingleReport().GetProperty("id").GetString());
        application.ExitLast();
    }

    [Fact]
    public void WhatCannotBeDoneIsSaid()
    {
        using World world = new();
        Application application = world.Launch();
        Assert.Equal(("InvalidOperationException", "crashReporter has not been started"), application.AskInVain("capture", "too early"));
        Assert.Equal("ArgumentNullException", application.AskInVain("capture", [null]).Exception);
        application.Start(world.Keeping());
        application.Restrict();

        (string exception, string message) = application.AskInVain("capture", "restricted");

        Assert.Equal("InvalidOperationException", exception);
        Assert.StartsWith("the handler could not do it: ", message, StringComparison.Ordinal);
        Assert.Matches("PR_SET_DUMPABLE|kernel.yama.ptrace_scope is", message);
        Assert.Empty(world.Sandbox.Reports());
        application.ExitLast();
    }

    [Fact]
    public void ALongReasonIsCut()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        application.Ask("capture", new string('ü', 4_096));

        JsonElement report = world.Sandbox.SingleReport();
        string reason = report.GetProperty("captureReason").GetString()!;
        Assert.Equal(new string('ü', (4_096 - 3) / 2) + "…", reason);
        Assert.Equal($"requested: {new string('ü', 80)}…", report.GetProperty("reason").GetString());
        ProcessResult shown = world.Sandbox.Handler("reports", "show", report.GetProperty("id").GetString()!, "--database", world.Sandbox.Database);
        Assert.Contains($"\nAsked for   {reason}\nFrozen      ", shown.Output, StringComparison.Ordinal);
        application.ExitLast();
    }

    // A stack may be cut, by the budget of all.
    private static void AssertWhole(JsonElement report)
        => Assert.DoesNotContain(report.GetProperty("softErrors").EnumerateArray(), error => !error.GetString()!.StartsWith("Stack ", StringComparison.Ordinal));
}
