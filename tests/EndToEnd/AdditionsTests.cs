using System.Globalization;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What a healthy process has more than without us: a thread at most, and the shim's own memory. Its time is measured by build/bench overhead.</summary>
public sealed class AdditionsTests(ITestOutputHelper output)
{
    // KiB of the shim in one process: code, data, its registration block, its alternate stacks.
    private const int MaxShimKiB = 300;

    // Threads of the bare and the covered victim are compared by name, with those of the runtime, which come and go.
    private const string WatchThread = "crash-handler";

    private const string Shim = "libcrashhandler.so";

    /// <summary>Preloaded into a native program of four threads.</summary>
    [Fact]
    public void ANativeProgramHasNoThreadMoreAndTheShimsMemory()
    {
        using Sandbox sandbox = new(Identities.Own);
        string program = sandbox.CompileScript("threads_and_fault.c", "-pthread");
        RunningProcess bare = Hold(sandbox, program);
        RunningProcess covered = Hold(sandbox, TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--shim-only", "--", program);

        Assert.Equal(Threads(bare.Pid), Threads(covered.Pid));
        // How much of other libraries' files is resident is the page cache's affair, and differs from run to run by more than the shim has: it may be less than without.
        int more = Resident(covered.Pid, IsCost) - Resident(bare.Pid, IsCost), shim = Resident(covered.Pid, IsShims);
        output.WriteLine($"native: {more} KiB resident more, {shim} KiB the shim's own (at most {MaxShimKiB})");
        Assert.Contains(Shim, File.ReadAllText($"/proc/{covered.Pid}/maps"), StringComparison.Ordinal);
        Assert.InRange(shim, 1, MaxShimKiB);
        Assert.InRange(more, int.MinValue, MaxShimKiB);
    }

    /// <summary>A .NET process that called Start, beside one that did not: the same program.</summary>
    [Fact]
    public void ADotNetProcessHasOneThreadMoreAndTheShimsMemory()
    {
        using Sandbox sandbox = new(Identities.Own);
        RunningProcess bare = Hold(sandbox, TestPrograms.Shared.Victim, "--hold");
        RunningProcess covered = Hold(sandbox, TestPrograms.Shared.Victim, [.. sandbox.MainArguments("none"), "--no-upload", "--hold"]);

        List<string> more = Threads(covered.Pid);
        Threads(bare.Pid).ForEach(name => more.Remove(name));
        int shim = Resident(covered.Pid, IsShims);
        output.WriteLine($".NET: threads more: {string.Join(", ", more)}; the shim has {shim} KiB resident (at most {MaxShimKiB})");
        Assert.Contains(Shim, File.ReadAllText($"/proc/{covered.Pid}/maps"), StringComparison.Ordinal);
        Assert.Equal([WatchThread], more);
        Assert.InRange(shim, 1, MaxShimKiB);
    }

    private static RunningProcess Hold(Sandbox sandbox, string program, params string[] arguments)
    {
        RunningProcess process = sandbox.Start(program, arguments);
        process.ReadUntil("ready");
        return process;
    }

    // The library and its registration block by their names.
    private static bool IsShims(string mapping) => mapping.EndsWith($"/{Shim}", StringComparison.Ordinal) || mapping.Contains("/memfd:crash-handler", StringComparison.Ordinal);

    private static bool IsCost(string mapping) => IsShims(mapping) || !mapping.Contains('/', StringComparison.Ordinal);

    private static List<string> Threads(int pid) => [.. Directory.EnumerateDirectories($"/proc/{pid}/task").Select(task => File.ReadAllText($"{task}/comm").Trim()).Order(StringComparer.Ordinal)];

    /// <summary>KiB of the mappings whose first line in smaps is wanted.</summary>
    private static int Resident(int pid, Func<string, bool> isWanted)
    {
        int sum = 0;
        bool isCounted = false;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!fields[0].EndsWith(':'))
            {
                isCounted = isWanted(line.Replace(" (deleted)", "", StringComparison.Ordinal));
            }
            else if (isCounted && fields[0] == "Rss:")
            {
                sum += int.Parse(fields[1], CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
