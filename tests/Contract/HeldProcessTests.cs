using System.Diagnostics;
using CrashHandler.Handler.Daemon;
using CrashHandler.Tests.Upload;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary><c>WaitForUpload</c>: a dying process is held until its report is uploaded, and no longer than it said.</summary>
public sealed class HeldProcessTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task ItLivesUntilTheServerHasItsReport()
    {
        TaskCompletionSource answer = new();
        await using ScriptedServer server = new(async (stream, cancellation) =>
        {
            await answer.Task.WaitAsync(cancellation);
            await ScriptedServer.Answer(200, "x")(stream, cancellation);
        });
        using World world = new();
        Application application = world.Launch(Options(world, server, s_long));

        application.TellToDie("null");
        await server.NextAsync(TestContext.Current.CancellationToken);

        Assert.False(application.HasMainExited);
        Assert.Equal("pending", world.Sandbox.SingleReport().GetProperty("state").GetString());
        answer.SetResult();
        Assert.Equal(11, application.FinishLast());
        Assert.Equal("uploaded", world.Sandbox.SingleReport().GetProperty("state").GetString());
    }

    [Fact]
    public async Task ItDiesWhenItsLimitPasses()
    {
        await using ScriptedServer server = new(ScriptedServer.Silence);
        using World world = new();
        Application application = world.Launch(Options(world, server, TimeSpan.FromSeconds(2)));
        long began = Stopwatch.GetTimestamp();

        Assert.Equal(11, application.DieLast("null"));

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 2, 20);
        Assert.Equal("pending", world.Sandbox.SingleReport().GetProperty("state").GetString());
    }

    [Fact]
    public async Task AFailureThatPassesIsWaitedFor()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(503), ScriptedServer.Answer(200, "x"));
        using World world = new();

        Assert.Equal(11, world.Launch(Options(world, server, s_long)).DieLast("null"));

        Assert.Equal((2, "uploaded"), (world.Sandbox.SingleReport().GetProperty("attempts").GetInt32(), world.Sandbox.SingleReport().GetProperty("state").GetString()));
    }

    [Fact]
    public async Task NobodyWaitsForWhatWillNotBeSent()
    {
        await using ScriptedServer server = new();
        using World world = new();
        CrashReporterOptions options = Options(world, server, s_long);
        options.UploadToServer = false;

        Assert.Equal(11, world.Launch(options).DieLast("null"));
        world.Sandbox.Handler("uploads", "pause", "--database", world.Sandbox.Database);
        options.UploadToServer = true;
        Assert.Equal(11, world.Launch(options).DieLast("null"));

        Assert.Equal(["pending", "skipped"], world.Sandbox.Reports().Select(report => report.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task OneThatIsHeldHoldsUpNoOther()
    {
        await using ScriptedServer server = ScriptedServer.Silent();
        using World world = new();
        // More than there are places for captures.
        List<Application> held = [.. Enumerable.Range(0, DaemonLimits.CaptureWorkers + 2).Select(_ => world.Launch(Options(world, server, s_long)))];
        int handler = world.Sandbox.HandlerPid();
        held.ForEach(application => application.TellToDie("null"));
        world.Sandbox.Until(() => world.Sandbox.Reports().Count == held.Count ? "all" : null, () => "the report of each held process");

        Assert.Equal(11, world.Launch(Options(world, server, TimeSpan.Zero)).DieLast("null"));

        // A capture that waits for one that is held ends the handler, and then everybody goes on.
        Assert.Equal(handler, world.Sandbox.HandlerPid());
        Assert.All(held, application => Assert.False(application.HasMainExited));
        // They are let go by whoever ends the handler in order.
        world.Sandbox.TerminateHandler();
        Assert.All(held, application => Assert.Equal(11, application.FinishLast()));
    }

    private static CrashReporterOptions Options(World world, ScriptedServer server, TimeSpan wait)
    {
        CrashReporterOptions options = world.Keeping();
        options.UploadToServer = true;
        options.SubmitUrl = server.Url.AbsoluteUri;
        options.WaitForUpload = wait;
        return options;
    }
}
