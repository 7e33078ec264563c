using System.Text;
using CrashHandler.Handler.Capture.Linux;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>Where the memory cgroup of a process is, and what its files say, in both versions.</summary>
public sealed class MemoryCgroupTests : IDisposable
{
    private const string OnlyFirst = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
        + "35 31 0:32 / /sys/fs/cgroup/memory rw shared:6 master:7 - cgroup cgroup rw,memory\n";

    private const string OnlySecond = "25 20 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("memory-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("0::/user.slice/a.scope\n", OnlySecond, "/sys/fs/cgroup/user.slice/a.scope", true)]
    [InlineData("0::/\n", OnlySecond, "/sys/fs/cgroup", true)]
    [InlineData("9:name=systemd:/x\n4:memory:/docker/abc\n0::/y\n", OnlyFirst, "/sys/fs/cgroup/memory/docker/abc", false)]
    [InlineData("3:cpu,memory:/a b:c\n", OnlyFirst, "/sys/fs/cgroup/memory/a b:c", false)]
    // Both are mounted, and the controller belongs to the first: the second has no memory to tell of.
    [InlineData("4:memory:/a\n0::/b\n", OnlyFirst + OnlySecond, "/sys/fs/cgroup/memory/a", false)]
    [InlineData("4:cpu:/a\n0::/b\n", OnlyFirst + OnlySecond, "/sys/fs/cgroup/b", true)]
    // A container that has only its own part mounted.
    [InlineData("4:memory:/docker/abc/in\n", "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "/sys/fs/cgroup/memory/in", false)]
    [InlineData("4:memory:/docker/abc\n", "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "/sys/fs/cgroup/memory", false)]
    [InlineData("0::/a\n", "25 20 0:22 / /mnt/my\\040groups rw - cgroup2 none rw\n", "/mnt/my groups/a", true)]
    public void IsFound(string cgroups, string mounts, string directory, bool isUnified)
    {
        MemoryCgroup? found = Find(cgroups, mounts);

        Assert.Equal((directory, isUnified), (found?.Directory, found?.IsUnified));
    }

    [Theory]
    [InlineData("", OnlySecond)]
    [InlineData("0::/a\n", "")]
    [InlineData("0::/a\n", OnlyFirst)]
    [InlineData("4:cpu:/a\n", OnlyFirst)]
    [InlineData("4:memory:/docker/abcdef\n", "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n")]
    // Outside of this cgroup namespace.
    [InlineData("0::/../other\n", OnlySecond)]
    [InlineData("0::/..\n", OnlySecond)]
    [InlineData("0:memory", OnlySecond)]
    [InlineData("4:memory:/a\n", "35 31 - cgroup\n x - cgroup cgroup rw,memory")]
    public void IsNone(string cgroups, string mounts) => Assert.Null(Find(cgroups, mounts));

    [Fact]
    public void TheFirstVersionSaysWhatItCountsAndTakes()
    {
        Write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
        Write("memory.limit_in_bytes", "29999104\n");
        Write("memory.usage_in_bytes", "1000\n");
        Write("memory.max_usage_in_bytes", "2000\n");

        AssertSays(new MemoryCgroup(_directory, isUnified: false), 3, 29_999_104, 1_000, 2_000);
        // Without a limit.
        Write("memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Null(new MemoryCgroup(_directory, isUnified: false).Limit);
        // Before Linux 4.13.
        Write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
        Assert.Null(new MemoryCgroup(_directory, isUnified: false).OomKills);
    }

    [Fact]
    public void TheSecondVersionSaysWhatItCountsAndTakes()
    {
        Write("memory.events", "low 0\nhigh 0\nmax 17\noom 2\noom_kill 1\noom_group_kill 9\n");
        Write("memory.max", "33554432\n");
        Write("memory.current", "5\n");
        Write("memory.peak", "6\n");

        AssertSays(new MemoryCgroup(_directory, isUnified: true), 1, 33_554_432, 5, 6);
        Write("memory.max", "max\n");
        Assert.Null(new MemoryCgroup(_directory, isUnified: true).Limit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneThatIsGoneSaysNothing(bool isUnified) => AssertSays(new MemoryCgroup(_directory, isUnified), null, null, null, null);

    private static void AssertSays(MemoryCgroup cgroup, long? kills, long? limit, long? use, long? peak)
        => Assert.Equal((kills, limit, use, peak), (cgroup.OomKills, cgroup.Limit, cgroup.Use, cgroup.Peak));

    private static MemoryCgroup? Find(string cgroups, string mounts) => MemoryCgroup.Of(Encoding.UTF8.GetBytes(cgroups), Encoding.UTF8.GetBytes(mounts));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);
}
