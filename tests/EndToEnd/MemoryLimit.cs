using System.Globalization;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A real memory cgroup with a limit, of either version; removed with its owner. Needs root, and a hierarchy that root may change.</summary>
internal sealed class MemoryLimit : IDisposable
{
    private const string FirstVersion = "/sys/fs/cgroup/memory";
    private const string SecondVersion = "/sys/fs/cgroup";

    public MemoryLimit(long bytes)
    {
        Identities.Require(Identities.Root);
        bool isFirst = File.Exists(Path.Combine(FirstVersion, "memory.limit_in_bytes"));
        Folder = Path.Combine(isFirst ? FirstVersion : SecondVersion, $"crash-handler-test-{Guid.NewGuid():N}");
        try
        {
            if (!isFirst)
            {
                File.WriteAllText(Path.Combine(SecondVersion, "cgroup.subtree_control"), "+memory");
            }

            Directory.CreateDirectory(Folder);
            File.WriteAllText(Path.Combine(Folder, isFirst ? "memory.limit_in_bytes" : "memory.max"), bytes.ToString(CultureInfo.InvariantCulture));
            // Else it swaps for minutes before anything is killed; where there is no swap, there is no such file either.
            string swap = Path.Combine(Folder, isFirst ? "memory.swappiness" : "memory.swap.max");
            if (File.Exists(swap))
            {
                File.WriteAllText(swap, "0");
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Dispose();
            Assert.Skip($"no memory cgroup can be made here: {refused.Message}");
        }
    }

    /// <summary>Its directory.</summary>
    public string Folder { get; }

    /// <summary>To be written with a pid.</summary>
    public string Members => Path.Combine(Folder, "cgroup.procs");

    public void Dispose()
    {
        if (Directory.Exists(Folder))
        {
            // Busy for a moment after its last process is dead.
            SpinWait.SpinUntil(() => TryRemove(), EndToEndLimits.Deadline);
        }
    }

    private bool TryRemove()
    {
        try
        {
            // Not recursively: its files go with it, and none of them can be removed.
            Directory.Delete(Folder);
            return true;
        }
        catch (IOException)
        {
            Thread.Sleep(EndToEndLimits.Poll);
            return false;
        }
    }
}
