using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>Handlers that end out of order, and those that do not.</summary>
public sealed class HandlerRunTests : IDisposable
{
    private readonly TestDatabase _database = new();
    private readonly List<HandlerDeath> _told = [];

    private string Folder => Path.Combine(_database.Root, HandlerRun.DirectoryName);

    public void Dispose() => _database.Dispose();

    [Fact]
    public void WhoEndsInOrderLeavesNothing()
    {
        Begin().Dispose();
        Begin().Dispose();

        Assert.Empty(_told);
        Assert.Empty(Directory.EnumerateFiles(Folder));
        Assert.Empty(HandlerRun.Deaths(_database.Root));
    }

    [Fact]
    public void OneThatLivesIsNoDeath()
    {
        using HandlerRun living = Begin();

        Assert.Empty(HandlerRun.Deaths(_database.Root));
        Rename(Directory.GetFiles(Folder).Single(), "-77");
        using HandlerRun other = Begin();

        Assert.Empty(_told);
        Assert.Empty(HandlerRun.Deaths(_database.Root));
        Assert.Equal(2, Directory.GetFiles(Folder).Length);
    }

    [Fact]
    public void OneThatIsNotLockedIsCountedOnce()
    {
        LeaveOne();
        Assert.Equal([new HandlerDeath(77, Noticed: null)], HandlerRun.Deaths(_database.Root));
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);

        Begin().Dispose();
        Begin().Dispose();

        HandlerDeath death = Assert.Single(_told);
        Assert.Equal(77, death.ProcessId);
        Assert.InRange(death.Noticed!.Value, before, DateTimeOffset.UtcNow);
        HandlerDeath kept = Assert.Single(HandlerRun.Deaths(_database.Root));
        Assert.Equal((77, death.Noticed.Value.ToUnixTimeMilliseconds()), (kept.ProcessId, kept.Noticed!.Value.ToUnixTimeMilliseconds()));
    }

    /// <summary>What a restart of the machine, or the end of its container, killed.</summary>
    [Fact]
    public void OneOfElsewhereIsNoDeath()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path.Combine(Folder, "run-0badb007.1-77"), []);

        Assert.Empty(HandlerRun.Deaths(_database.Root));
        Begin().Dispose();

        Assert.Empty(_told);
        Assert.Empty(Directory.EnumerateFiles(Folder));
    }

    [Fact]
    public void OnlyTheNewestAreRemembered()
    {
        Directory.CreateDirectory(Folder);
        for (int i = 0; i < ReportsLimits.HandlerDeaths + 5; i++)
        {
            File.WriteAllBytes(Path.Combine(Folder, $"died-{1_700_000_000_000 + i}-{i}"), []);
        }

        Begin().Dispose();

        IReadOnlyList<HandlerDeath> deaths = HandlerRun.Deaths(_database.Root);
        Assert.Equal(ReportsLimits.HandlerDeaths, deaths.Count);
        Assert.Equal(ReportsLimits.HandlerDeaths + 4, deaths[0].ProcessId);
    }

    [Fact]
    public void TheLivingSayWhereTheyListen()
    {
        LeaveOne();
        using (Begin())
        {
            Assert.Equal(["/run/there.sock"], HandlerRun.Addresses(_database.Root));
            File.WriteAllText(Directory.GetFiles(Folder, "run-*").Single(), new string('x', 4096));
            Assert.Empty(HandlerRun.Addresses(_database.Root));
        }

        Assert.Empty(HandlerRun.Addresses(_database.Root));
    }

    [Fact]
    public void LookingMakesNothing()
    {
        Assert.Empty(HandlerRun.Deaths(_database.Root));
        Assert.False(Directory.Exists(Folder));
    }

    private HandlerRun Begin() => HandlerRun.Begin(_database.Root, "/run/there.sock", _told.Add);

    // As a kill leaves it: the lock goes with the process, the name stays.
    private void LeaveOne()
    {
        using HandlerRun run = Begin();
        Rename(Directory.GetFiles(Folder).Single(), "-77");
    }

    private static void Rename(string path, string end) => File.Move(path, path[..path.LastIndexOf('-')] + end);
}
