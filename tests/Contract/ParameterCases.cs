using System.Text;
using CrashHandler.Protocol;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Parameters: whose they are, how many, how long, and which of them arrive.</summary>
public sealed class ParameterCases
{
    private const string Hello = "hello";

    [Theory]
    [ElectronCase("8-07", "8-08")]
    [InlineData(World.R, false)]
    [InlineData(World.R, true)]
    [InlineData(World.S, false)]
    [InlineData(World.S, true)]
    public void TheLastStateArrives(string who, bool again)
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        World.Become(application, who, ("extra1", "extra1"), ("extra2", "initial"), ("extra3", "extra3"));

        if (again)
        {
            Assert.Empty(application.Start(World.Renderer(("extra1", "extra1"), ("extra2", "extra2"))));
        }
        else
        {
            application.Ask("add", "extra2", "extra2");
            application.Ask("remove", "extra3");
        }

        application.Die();
        Dictionary<string, string> fields = world.Arrived(application, "renderer");
        Assert.Equal(("extra1", "extra2"), (fields["extra1"], fields["extra2"]));
        Assert.DoesNotContain("extra3", fields);
    }

    [Fact]
    [ElectronCase("8-19", "8-20", "8-21", "N-26", "N-27")]
    public void AnAddedOneIsThereUntilItIsRemoved()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping(("extra1", "hi")));

        Assert.Equal("hi", application.Parameters()["extra1"]);
        application.Ask("add", Hello, "world");
        Assert.Equal(("world", "hi"), (application.Parameters()[Hello], application.Parameters()["extra1"]));
        application.Ask("remove", Hello);
        Assert.DoesNotContain(Hello, application.Parameters());
        Assert.Equal("hi", application.Parameters()["extra1"]);
    }

    [Fact]
    [ElectronCase("N-28")]
    public void AChildHasItsOwnAndTheFormsFields()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping(("mainProcessSpecific", "mps")));
        World.Become(application, World.R);

        application.Ask("add", Hello, "world");

        Dictionary<string, string> parameters = application.Parameters();
        string[] expected = ["_companyName", "_productName", "_version", "guid", Hello, "platform", "process_type", "prod", "ver"];
        Assert.Equal(expected, parameters.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("world", "renderer"), (parameters[Hello], parameters["process_type"]));
    }

    [Fact]
    [ElectronCase("N-29")]
    public void AChildThatDidNotCallStartHasNone()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping()).Child();

        Assert.Equal(("InvalidOperationException", "crashReporter has not been started"), application.AskInVain("add", Hello, "world"));
        Assert.Equal(("InvalidOperationException", "crashReporter has not been started"), application.AskInVain("remove", Hello));
        Assert.Equal(("InvalidOperationException", "crashReporter has not been started"), application.AskInVain("parameters"));
    }

    [Theory]
    [ElectronCase("N-09", "N-10")]
    [InlineData(World.R)]
    [InlineData(World.S)]
    public void OnlyTheProcessesOwnArrive(string who)
    {
        using World world = new();
        Application application = world.Launch(world.Main(("mainProcessSpecific", "mps")));
        World.Become(application, who);

        application.Ask("add", "rendererSpecific", "rs");
        application.Ask("add", "addedThenRemoved", "to-be-removed");
        application.Ask("remove", "addedThenRemoved");

        application.Die();
        Dictionary<string, string> fields = world.Arrived(application, "renderer");
        Assert.Equal("rs", fields["rendererSpecific"]);
        Assert.DoesNotContain("addedThenRemoved", fields);
        Assert.DoesNotContain("mainProcessSpecific", fields);
    }

    [Fact]
    [ElectronCase("N-11")]
    public void FiftyArriveInTime()
    {
        const int Many = 50;
        using World world = new();
        Application application = world.Launch(world.Main());
        World.Become(application, World.R);
        for (int i = 0; i < Many; i++)
        {
            application.Ask("add", $"dyn-key-{i}", $"dyn-value-{i}");
        }

        DateTime death = DateTime.UtcNow;
        application.Die();

        Dictionary<string, string> fields = world.Arrived(application, "renderer");
        Assert.InRange(DateTime.UtcNow - death, TimeSpan.Zero, ContractLimits.Arrival);
        Assert.All(Enumerable.Range(0, Many), i => Assert.Equal($"dyn-value-{i}", fields[$"dyn-key-{i}"]));
    }

    [Fact]
    [ElectronCase("N-16", "N-17")]
    public void LongOnesArriveAsFarAsTheyGo()
    {
        string[] keys = [new('a', 39), new('b', 49), new('c', 255)];
        using World world = new();
        Application application = world.Launch(world.Main((keys[0], "39"), (keys[1], "49"), ("longParam", new string('a', 100_000))));
        string tooLong = new('d', 256);
        Assert.Equal("ArgumentException", application.AskInVain("add", tooLong, "256").Exception);
        Assert.Equal("ArgumentException", application.AskInVain("start", world.Main((tooLong, "256"))).Exception);
        application.Ask("add", keys[2], "255");

        application.DieLast();

        Dictionary<string, string> fields = World.Checked(Assert.Single(world.Collector.WaitFor(1)), "main");
        Assert.Equal(["39", "49", "255"], keys.Select(key => fields[key]));
        Assert.DoesNotContain(fields.Keys, key => key.StartsWith('d'));
        Assert.Equal(ProtocolLimits.MaxValueBytes, Encoding.UTF8.GetByteCount(fields["longParam"]));
        Assert.Equal(new string('a', ProtocolLimits.MaxValueBytes - "…"u8.Length) + "…", fields["longParam"]);
    }

    [Theory]
    [ElectronCase("N-18", "N-19", "N-20", "N-21", "N-22")]
    [InlineData(World.M)]
    [InlineData(World.R)]
    [InlineData(World.S)]
    public void TheHandlersAnnotationsArriveUnlessTheProcessSaysOtherwise(string who)
    {
        using World world = new();
        RunningProcess handler = world.Sandbox.Start(
            TestPrograms.Shared.Handler, "run", "--database", world.Sandbox.Database, "--url", world.Collector.Url, "--ready-fd", "1",
            "--annotation", "globalParam=globalValue", "--annotation", "own=handler's");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
        Application application = world.Launch(world.Main());
        World.Become(application, who);
        application.Ask("add", "own", "process's");

        _ = who == World.M ? application.DieLast() : application.Die();

        Dictionary<string, string> fields = World.Checked(Assert.Single(world.Collector.WaitFor(1)), who == World.M ? "main" : "renderer");
        Assert.Equal(("globalValue", "process's"), (fields["globalParam"], fields["own"]));
    }
}
