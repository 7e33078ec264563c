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
        AssertNothingIsSentByTheNextHandler(world);
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
        AssertNothingIsSentByTheNextHandler(world);

        Assert.Equal("uploads are on\n", Uploads(world, "on"));
        world.Launch(yes).DieLast();
        Assert.Single(world.Collector.WaitFor(1));
        world.Sandbox.Until(() => States(world) == "skipped uploaded" ? "so" : null, () => $"one report skipped and one uploaded, they are {States(world)}");
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
        world.Sandbox.Until(() => world.Sandbox.Json("status", "--json", "--database", world.Sandbox.Database).GetArrayLength() == 1 ? "there" : null, () => "the next handler");

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
        options.SubmitUrl = new Uri(world.Collector.Url);
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
    public void WhatRootChangesStaysTheOwners()
    {
        using Sandbox root = new(Identities.Root);
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = new Uri(world.Collector.Url);
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

    // A later crash of another application arrives by the same handler, so its queue has looked at everything before.
    private static void AssertNothingIsSentByTheNextHandler(World world)
    {
        world.Sandbox.KillHandler();
        RunningProcess next = world.Sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", world.Sandbox.Database, "--url", world.Collector.Url, "--persistent");
        world.Sandbox.Until(() => world.Sandbox.Json("status", "--json", "--database", world.Sandbox.Database).GetArrayLength() == 1 ? "there" : null, () => "the next handler");
        string id = world.Sandbox.Reports()[0].GetProperty("id").GetString()!;
        Assert.Equal("skipped", States(world));
        Assert.Empty(world.Collector.Arrived());
        Assert.NotEmpty(id);
        world.Sandbox.Kill(next.Pid);
    }
}
