using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>A process dies: what arrives at the server, and what the application is told of it.</summary>
public sealed class UploadCases
{
    private const string MainSpecific = "mainProcessSpecific";
    private const string RendererSpecific = "rendererSpecific";

    /// <summary>Who starts the process, and whether it finds the handler of who started it.</summary>
    [Theory]
    [ElectronCase("8-01")]
    [InlineData(World.M, false)]
    [InlineData(World.M, true)]
    [InlineData(World.R, false)]
    [InlineData(World.R, true)]
    public void ANodeChildIsReported(string parent, bool orphan)
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        World.Become(application, parent);
        application.Child(new ChildWords { Orphan = orphan }).Start(world.Node(("extra1", "extra1"), ("extra2", "extra2")));

        Assert.Equal(11, application.Die());

        AssertExtras(world.Arrived(application, "node"));
    }

    [Theory]
    [ElectronCase("8-02", "8-03")]
    [InlineData(World.R)]
    [InlineData(World.S)]
    public void ARendererIsReported(string who)
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        World.Become(application, who, ("extra1", "extra1"), ("extra2", "extra2"));

        Assert.Equal(11, application.Die());

        AssertExtras(world.Arrived(application, "renderer"));
    }

    [Fact]
    [ElectronCase("8-04")]
    public void ANodeChildOfARendererHasItsOwnParameters()
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        World.Become(application, World.N, ("extra1", "extra1"), ("extra2", "extra2"));
        application.Ask("add", "newExtra", "newExtra");
        application.Ask("add", "removeExtra", "removeExtra");
        application.Ask("remove", "removeExtra");

        Assert.Equal(11, application.Die());

        Dictionary<string, string> fields = world.Arrived(application, "node");
        AssertExtras(fields);
        Assert.Equal("newExtra", fields["newExtra"]);
        Assert.DoesNotContain("removeExtra", fields);
    }

    [Theory]
    [ElectronCase("N-01", "N-02", "N-04")]
    [InlineData(World.R, "renderer")]
    [InlineData(World.S, "renderer")]
    [InlineData(World.N, "node")]
    public void NothingOfMainIsInAChildsReport(string who, string type)
    {
        using World world = new();
        Application application = world.Launch(world.Main((MainSpecific, "mps")));
        World.Become(application, who);

        application.Die();

        Dictionary<string, string> fields = world.Arrived(application, type);
        Assert.DoesNotContain(MainSpecific, fields);
    }

    [Fact]
    [ElectronCase("N-03")]
    public void MainsOwnReportHasIt()
    {
        using World world = new();
        Application application = world.Launch(world.Main((MainSpecific, "mps")));

        Assert.Equal(11, application.DieLast());

        Assert.Equal("mps", world.Arrived(world.Launch(world.Main()), "main")[MainSpecific]);
    }

    /// <summary>Whether the child alone was prepared, or main captures all children.</summary>
    [Theory]
    [ElectronCase("N-04")]
    [InlineData(true)]
    [InlineData(false)]
    public void AChildThatDoesNotCallStartIsReportedWhenItWasPrepared(bool attach)
    {
        using World world = new();
        CrashReporterOptions options = world.Main((MainSpecific, "mps"));
        options.CaptureAllChildren = !attach;
        Application application = world.Launch(options);
        World.Become(application, World.R, (RendererSpecific, "rs"));

        Assert.Equal(11, application.Child(new ChildWords { Attach = attach }).Die("null"));

        Dictionary<string, string> fields = EndToEnd.Collector.Fields(Assert.Single(world.Collector.WaitFor(1)));
        string[] expected = ["crash_report_id", "guid", "platform", "process_type", "prod", "signature", "ver"];
        Assert.Equal(expected, fields.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((".NET", "child"), (fields["prod"], fields["process_type"]));
    }

    [Fact]
    [ElectronCase("N-05")]
    public void ANodeChildOfANodeChildIsReported()
    {
        using World world = new();
        Application application = world.Launch(world.Main((MainSpecific, "mps")));
        World.Become(application, World.N, (RendererSpecific, "rs"));
        application.Child().Start(world.Node());

        Assert.Equal(11, application.Die());

        Dictionary<string, string> fields = world.Arrived(application, "node");
        Assert.DoesNotContain(MainSpecific, fields);
        Assert.DoesNotContain(RendererSpecific, fields);
    }

    [Theory]
    [ElectronCase("N-06")]
    [InlineData(nameof(CrashReporter.Start), "renderer")]
    [InlineData(nameof(CrashReporter.AttachChild), "child")]
    [InlineData(nameof(CrashReporterOptions.CaptureAllChildren), "child")]
    public void AChildKeepsItsArgumentsAndIsReportedWhenMainIsGone(string way, string type)
    {
        string[] own = ["--word", "two words", "--word", "--no-upload"];
        using World world = new();
        CrashReporterOptions options = world.Main();
        options.CaptureAllChildren = way == nameof(CrashReporterOptions.CaptureAllChildren);
        Application application = world.Launch(options);
        application.Leave(new ChildWords { Attach = way == nameof(CrashReporter.AttachChild), Arguments = own });
        string[] whole = ["--converse", "--handler", TestPrograms.Shared.Handler, .. own];
        Assert.Equal(whole, application.Ask("arguments").Deserialize<string[]>());
        if (way == nameof(CrashReporter.Start))
        {
            application.Start(World.Renderer());
        }

        world.Sandbox.Until(() => application.HasMainExited ? "gone" : null, () => "main's end");

        application.DieAfterMain("null");

        string report = Assert.Single(world.Collector.WaitFor(1));
        Assert.Equal(type, EndToEnd.Collector.Fields(report)["process_type"]);
    }

    [Fact]
    [ElectronCase("N-07", "N-08")]
    public void TheGuidIsTheSameInEveryProcessAndEveryRun()
    {
        using World world = new();
        Application first = world.Launch(world.Main());
        World.Become(first, World.R);
        first.Die();
        World.Become(first, World.S);
        first.Die();
        first.DieLast();
        Assert.Equal(3, world.Collector.WaitFor(3).Count);

        world.Launch(world.Main()).DieLast();

        string[] guids = [.. world.Collector.WaitFor(4).Select(report => EndToEnd.Collector.Fields(report)["guid"])];
        Assert.Equal(4, guids.Length);
        Assert.True(Guid.TryParseExact(Assert.Single(guids.Distinct()), "D", out Guid guid) && guid != Guid.Empty);
    }

    [Fact]
    [ElectronCase("8-12", "N-24")]
    public void AtFirstNoneIsUploaded()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        Assert.Empty(application.Uploaded());
        Assert.Equal(JsonValueKind.Null, application.Ask("last").ValueKind);
    }

    [Fact]
    [ElectronCase("8-13", "N-25")]
    public void TheLastOneIsTheNewest()
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        DateTimeOffset before = DateTimeOffset.UtcNow;
        for (int count = 1; count <= 2; count++)
        {
            World.Become(application, World.R);
            application.Die();
            Assert.Equal(count, world.Collector.WaitFor(count).Count);
        }

        CrashReport[] uploaded = world.Sandbox.Until(() => application.Uploaded() is { Length: 2 } both ? both : null, () => "both to be told of");
        Assert.Equal(2, uploaded.Distinct().Count());
        CrashReport last = application.Ask("last").Deserialize<CrashReport>()!;
        Assert.Equal(uploaded.MaxBy(report => report.Date), last);
        Assert.NotEqual(uploaded[0].Date, uploaded[1].Date);
        Assert.InRange(last.Date, before, before + ContractLimits.Arrival);
        string[] answers = [.. world.Collector.WaitFor(2).Select(report => $"CrashID={Path.GetFileName(report)}")];
        Assert.Equal(answers.Order(), uploaded.Select(report => report.Id).Order());
    }

    private static void AssertExtras(Dictionary<string, string> fields)
    {
        Assert.Equal(("extra1", "extra2"), (fields["extra1"], fields["extra2"]));
        Assert.DoesNotContain("extra3", fields);
    }
}
