using System.Text.Json;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Processes whose handler cannot be had: they say so, and go on.</summary>
public sealed class OrphanTests
{
    private static readonly ChildWords s_ofAGoneHandler = new() { Environment = { [EnvironmentNames.Pipe] = "/nonexistent/handler.sock" } };

    [Fact]
    public void AChildOfAGoneHandlerSaysSoAndNeedsNoUrl()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping()).Child(s_ofAGoneHandler);

        StartResult result = application.Ask("start", World.Renderer()).Deserialize<StartResult>()!;

        Assert.False(result.IsRunning);
        Assert.Contains("no crash of this process is reported: the handler named by CRASH_HANDLER_PIPE did not answer", Assert.Single(result.Degraded), StringComparison.Ordinal);
        Assert.Contains("can only be called from the main process", application.AskInVain("set-uploads", true).Message, StringComparison.Ordinal);
        application.Exit();
        application.ExitLast();
    }

    [Fact]
    public void WithAUrlItStartsItsOwn()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping()).Child(s_ofAGoneHandler);
        CrashReporterOptions options = world.Main();
        options.CrashesDirectory = world.Sandbox.PathOf("own");

        StartResult result = application.Ask("start", options).Deserialize<StartResult>()!;

        Assert.True(result.IsRunning);
        Assert.Contains("another one was started", Assert.Single(result.Degraded), StringComparison.Ordinal);
        application.Die();
        Assert.Single(world.Collector.WaitFor(1));
        application.ExitLast();
    }

    [Fact]
    public void AfterAStartThatFailedTheNextOneBeginsAnew()
    {
        using World world = new();
        Application application = world.Launch();
        string place = world.Sandbox.PathOf("place");
        File.WriteAllText(place, "no directory");
        CrashReporterOptions options = world.Main(("k", "v"));
        options.CrashesDirectory = place;

        StartResult failed = application.Ask("start", options).Deserialize<StartResult>()!;
        Assert.False(failed.IsRunning);
        Assert.Contains("is not a directory", Assert.Single(failed.Degraded), StringComparison.Ordinal);
        File.Delete(place);

        Assert.Empty(application.Start(options));
        application.DieLast();
        Assert.Equal("v", EndToEnd.Collector.Fields(Assert.Single(world.Collector.WaitFor(1)))["k"]);
    }

    [Fact]
    public void WhatStartDidNotTakeIsInTheLog()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        string[] ignored = application.Start(new CrashReporterOptions { CompanyName = "c", UploadToServer = false, CrashesDirectory = "/elsewhere" });

        Assert.StartsWith("CrashesDirectory: ", Assert.Single(ignored), StringComparison.Ordinal);
        Assert.Contains($"Start did not take {ignored[0]}", File.ReadAllText(Path.Combine(world.Sandbox.Database, "handler.log")), StringComparison.Ordinal);
        application.ExitLast();
    }
}
