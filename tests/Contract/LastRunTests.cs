using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>What an application is told of its runs before this one.</summary>
public sealed class LastRunTests
{
    [Fact]
    public void CrashesOfRunsAreCountedUntilOneEndsInOrder()
    {
        using World world = new();

        AssertTold(world, false, 0).DieLast();
        AssertTold(world, true, 1).DieLast("failfast");
        AssertTold(world, true, 2).DieLast();
        // Killed from outside: no end in order. Whether it is a crash, too, the kernel must tell (Linux 6.15).
        int afterKill = Environment.OSVersion.Version >= new Version(6, 15) ? 4 : 3;
        RunningProcess killed = world.Sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler);
        Application application = new(killed);
        application.Start(world.Keeping());
        Assert.Equal((true, 3), Told(application));
        world.Sandbox.Kill(killed.Pid);
        killed.Finish();

        AssertTold(world, afterKill == 4, afterKill).ExitLast();
        AssertTold(world, false, 0).DieLast();
        world.Sandbox.KillHandler();
        AssertTold(world, true, 1).ExitLast();
        AssertTold(world, false, 0).ExitLast();
    }

    [Fact]
    public void AChildsCrashIsNotTheApplicationsAndAChildIsNotTold()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        World.Become(application, World.R);

        (string exception, string message) = application.AskInVain("crashed-last-run");
        Assert.Equal(("InvalidOperationException", "crashedLastRun can only be called from the main process"), (exception, message));
        application.Die();
        application.ExitLast();

        AssertTold(world, false, 0).ExitLast();
    }

    [Fact]
    public void BeforeStartNobodyIsTold()
    {
        using World world = new();

        Assert.Equal("crashReporter has not been started", world.Launch().AskInVain("crashes-in-a-row").Message);
    }

    private static Application AssertTold(World world, bool hasCrashed, int inARow)
    {
        Application application = world.Launch(world.Keeping());
        Assert.Equal((hasCrashed, inARow), Told(application));
        return application;
    }

    private static (bool HasCrashed, int InARow) Told(Application application)
        => (application.Ask("crashed-last-run").GetBoolean(), application.Ask("crashes-in-a-row").GetInt32());
}
