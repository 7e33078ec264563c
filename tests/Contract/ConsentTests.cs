using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Who may say whether a report leaves the machine, and for how long that holds.</summary>
public sealed class ConsentTests
{
    [Fact]
    public void ANoIsRememberedByAStartThatSaysNothing()
    {
        using World world = new();
        world.Launch(world.Keeping()).ExitLast();
        Application application = world.Launch(world.Main());

        Assert.False(application.Ask("uploads").GetBoolean());
        application.DieLast();

        Assert.Equal("skipped", world.Sandbox.SingleReport().GetProperty("state").GetString());
        AssertNothingIsSentByTheNextHandler(world, world.Main());
    }

    [Fact]
    public void AnOperatorsLockSurvivesAStartThatSaysYes()
    {
        using World world = new();
        CrashReporterOptions yes = world.Main();
        yes.UploadToServer = true;
        world.Launch(yes).ExitLast();

        Assert.Equal("uploads are off: the operator forbids them; 'crash-handler uploads on' allows them\n", Uploads(world, "off"));
        Application application = world.Launch(yes);

        Assert.True(application.Ask("uploads").GetBoolean());
        application.Ask("set-uploads", true);
        application.DieLast();
        Assert.Equal("skipped", world.Sandbox.SingleReport().GetProperty("state").GetString());
        JsonElement status = world.Sandbox.Json("uploads", "status", "--database", world.Sandbox.Database, "--json");
        Assert.Equal(("off", true, false, false, 0), (status.GetProperty("uploads").GetString(), status.GetProperty("application").GetBoolean(),
            status.GetProperty("operator").GetBoolean(), status.GetProperty("paused").GetBoolean(), status.GetProperty("waiting").GetInt32()));
        AssertNothingIsSentByTheNextHandler(world, yes);

        Assert.Equal("uploads are on\n", Uploads(world, "on"));
        world.Launch(yes).DieLast();
        Assert.Equal(2, world.Collector.WaitFor(2).Count);
        world.Sandbox.Until(() => States(world) == "skipped uploaded uploaded" ? "so" : null, () => $"one report skipped and two uploaded, they are {States(world)}");
    }

    [Fact]
    public void APauseHoldsReportsBackOverRestartsUntilItIsOver()
    {
        using World world = new();
        world.Launch(world.Main()).ExitLast();
        Uploads(world, "pause");
        world.Launch(world.Main()).DieLast();
        Assert.Equal("pending", States(world));
        world.Sandbox.KillHandler();
        RunningProcess next = world.Sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", world.Sandbox.Database, "--persistent");
        world.Sandbox.Until(() => world.Sandbox.RunningHandlers().Count == 1 ? "there" : null, () => "the next handler");

        Assert.True(world.Sandbox.HandlerStatus().GetProperty("paused").GetBoolean());
        Assert.Equal("pending", States(world));
        Assert.Equal("uploads are on\n", Uploads(world, "resume"));

        world.Collector.WaitFor(1);
        world.Sandbox.WaitUntilUploaded();
    }

    /// <summary>Whether a handler is there to do it, or the command itself must.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatAnOperatorAsksForIsSentInAnyCaseOnce(bool isHandlerThere)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = world.Collector.Url;
        world.Launch(options).DieLast();
        string id = world.Sandbox.SingleReport().GetProperty("id").GetString()!;
        Uploads(world, "off");
        if (!isHandlerThere)
        {
            world.Sandbox.KillHandler();
        }

        ProcessResult sent = world.Sandbox.Handler("reports", "upload", id[..8], "--database", world.Sandbox.Database);

        string arrived = Assert.Single(world.Collector.WaitFor(1));
        Assert.Equal((0, $"{id}  uploaded  {Path.GetFileName(arrived)}\n", ""), (sent.ExitCode, sent.Output, sent.Error));
        Assert.Equal(id, EndToEnd.Collector.Fields(arrived)["crash_report_id"]);
        ProcessResult again = world.Sandbox.Handler("reports", "upload", id, "--database", world.Sandbox.Database);
        Assert.Equal((1, ""), (again.ExitCode, again.Output));
        Assert.Contains("is uploaded already", again.Error);
    }

    [Fact]
    public void AnOperatorMaySpeakBeforeTheFirstRun()
    {
        using World world = new();

        Assert.Equal("uploads are off: the operator forbids them; 'crash-handler uploads on' allows them\n", Uploads(world, "off"));
        world.Launch(world.Main()).DieLast();

        Assert.Equal("skipped", States(world));
    }

    [Fact]
    public void WhatAnOperatorSendsElsewhereGoesThereByTheHandlerThatLives()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = "http://127.0.0.1:9/";
        world.Launch(options).DieLast();
        string id = world.Sandbox.SingleReport().GetProperty("id").GetString()!;

        ProcessResult sent = world.Sandbox.Handler("reports", "upload", id, "--database", world.Sandbox.Database, "--url", world.Collector.Url);

        string arrived = Assert.Single(world.Collector.WaitFor(1));
        Assert.Equal((0, $"{id}  uploaded  {Path.GetFileName(arrived)}\n"), (sent.ExitCode, sent.Output));
    }

    [Fact]
    public void WhatRootChangesStaysTheOwners()
    {
        using Sandbox root = new(Identities.Root);
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = world.Collector.Url;
        world.Launch(options).DieLast();
        world.Sandbox.KillHandler();

        ProcessResult off = root.Handler("uploads", "off", "--database", world.Sandbox.Database);
        ProcessResult sent = root.Handler("reports", "upload", "--all", "--database", world.Sandbox.Database);

        Assert.Equal((0, "", 0, ""), (off.ExitCode, off.Error, sent.ExitCode, sent.Error));

        ProcessResult others = root.Run("find", world.Sandbox.Database, "-not", "-user", $"{Identities.UnprivilegedId}", "-o", "-perm", "/077");
        Assert.Equal("", others.Output);
        Assert.Equal("uploaded", States(world));
        world.Launch(options).ExitLast();
    }

    [Fact]
    public void WhatCannotBeSentOnRequestSaysWhy()
    {
        using World world = new();
        world.Launch(world.Keeping()).DieLast();
        string id = world.Sandbox.SingleReport().GetProperty("id").GetString()!;

        ProcessResult nowhere = world.Sandbox.Handler("reports", "upload", "--all", "--database", world.Sandbox.Database);
        world.Sandbox.KillHandler();
        ProcessResult nobody = world.Sandbox.Handler("reports", "upload", id, "--database", world.Sandbox.Database, "--url", "http://127.0.0.1:9/");
        ProcessResult both = world.Sandbox.Handler("reports", "upload", id, "--all", "--database", world.Sandbox.Database);
        ProcessResult unknown = world.Sandbox.Handler("reports", "upload", "nosuch", "--database", world.Sandbox.Database);

        Assert.Equal((1, $"{id}  failed  it names no URL, and there is no other\n"), (nowhere.ExitCode, nowhere.Output));
        Assert.Equal(1, nobody.ExitCode);
        Assert.StartsWith($"{id}  pending  ", nobody.Output);
        Assert.Contains("refused", nobody.Output);
        Assert.Equal((2, "crash-handler: 'reports upload' takes ids, or --all. See 'crash-handler reports upload --help'.\n"), (both.ExitCode, both.Error));
        Assert.Contains("no report 'nosuch'", unknown.Error);
    }

    private static string Uploads(World world, string verb)
    {
        ProcessResult result = world.Sandbox.Handler("uploads", verb, "--database", world.Sandbox.Database);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    private static string States(World world)
        => string.Join(' ', world.Sandbox.Reports().Select(report => report.GetProperty("state").GetString()).Order(StringComparer.Ordinal));

    /// <summary>
    /// A handler that begins with what is there sends what it is asked for, and that alone: what it would send by itself would go at its start, before that.
    /// </summary>
    private static void AssertNothingIsSentByTheNextHandler(World world, CrashReporterOptions options)
    {
        string before = world.Sandbox.SingleReport().GetProperty("id").GetString()!;
        world.Sandbox.KillHandler();
        RunningProcess next = world.Sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", world.Sandbox.Database, "--url", world.Collector.Url, "--persistent", "--ready-fd", "1");
        Assert.StartsWith("ready ", next.ReadLine(), StringComparison.Ordinal);
        world.Launch(options).DieLast();
        Assert.Equal("skipped skipped", States(world));
        string asked = Assert.Single(world.Sandbox.Reports().Select(report => report.GetProperty("id").GetString()!), id => id != before);

        ProcessResult sent = world.Sandbox.Handler("reports", "upload", asked, "--database", world.Sandbox.Database);

        Assert.Equal((0, ""), (sent.ExitCode, sent.Error));
        Assert.Equal(asked, EndToEnd.Collector.Fields(Assert.Single(world.Collector.WaitFor(1)))["crash_report_id"]);
        Assert.Equal("skipped uploaded", States(world));
        Assert.Equal(next.Pid, world.Sandbox.HandlerPid());
        world.Sandbox.Kill(next.Pid);
    }
}
