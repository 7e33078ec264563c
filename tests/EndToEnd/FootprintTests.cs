using System.Globalization;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What the handler costs while nothing happens. Its start is measured by build/bench, which compares medians.</summary>
public class FootprintTests(ITestOutputHelper output)
{
    // A handler idles beside every application of a desktop. KiB, as /proc/PID/smaps_rollup counts; of what is resident much is files that others have in memory
    // too, so what is private and dirty has a limit of its own.
    private const int MaxResidentKiB = 10 * 1024;
    private const int MaxDirtyKiB = 3 * 1024;
    private const int MaxGrowthKiB = 4 * 1024;
    private const int Crashes = 200;

    // By one shell, which has a minute.
    private const int CrashesInARow = 20;

    [Fact]
    public void AnIdleHandlerIsSmallAlsoAfterManyCrashes()
    {
        using Sandbox sandbox = new(Identities.Own);
        string socket = sandbox.PathOf("footprint.sock");
        // Of a file that was just built, pages count as dirty until they are on the disk.
        Assert.Equal(0, sandbox.Run("sync", TestPrograms.Shared.Handler).ExitCode);
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--pipe", socket, "--persistent");
        sandbox.Until(() => File.Exists(socket) ? "there" : null, () => "the handler to listen");
        int pid = handler.Pid;

        // Idle, it gives back what only the start needed, and what the crashes needed.
        (int resident, int dirty) = WaitFor("idle", MaxResidentKiB, MaxDirtyKiB);
        (int descriptors, int threads) = (Count("fd"), Count("task"));
        // The shell is not prepared, so that the victims are all that dies on this handler.
        string victim = sandbox.CompileScript("fault.c");
        for (int i = 0; i < Crashes; i += CrashesInARow)
        {
            ProcessResult victims = sandbox.Run("sh", "-c", """
                i=0; while [ $i -lt "$1" ]; do LD_PRELOAD=$2 CRASH_HANDLER_PIPE=$3 "$4"; i=$((i+1)); done; exit 0
                """, "sh", $"{CrashesInARow}", TestPrograms.Shared.Shim, socket, victim);
            Assert.Equal(0, victims.ExitCode);
        }

        Assert.Equal(Crashes, sandbox.Reports().Count);
        WaitFor($"after {Crashes} crashes", resident + MaxGrowthKiB, dirty + MaxGrowthKiB);
        // The pool's threads end after a second without work.
        sandbox.Until(() => Count("fd") <= descriptors && Count("task") <= threads ? "idle" : null, () => $"the handler to have {descriptors} descriptors and {threads} threads again; it has {Count("fd")} and {Count("task")}");
        output.WriteLine($"idle {descriptors} descriptors, {threads} threads; after {Crashes} crashes {Count("fd")}, {Count("task")}");
        Assert.False(handler.HasExited);

        int Count(string entries) => Directory.GetFileSystemEntries($"/proc/{pid}/{entries}").Length;

        (int Resident, int Dirty) WaitFor(string when, int mostResident, int mostDirty)
        {
            (int Resident, int Dirty) now = default;
            try
            {
                sandbox.Until(
                    () => (now = (KiB(pid, "Rss:"), KiB(pid, "Private_Dirty:"))) is var (rss, own) && rss <= mostResident && own <= mostDirty ? "small" : null,
                    () => $"the handler ({when}) to come down to {mostResident} KiB resident, {mostDirty} KiB of them private and dirty; it has {now.Resident} and {now.Dirty}");
            }
            finally
            {
                output.WriteLine($"{when}: {now.Resident} KiB resident (at most {mostResident}), {now.Dirty} KiB private and dirty (at most {mostDirty})");
            }

            return now;
        }
    }

    private static int KiB(int pid, string field)
        => int.Parse(
            File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);
}
