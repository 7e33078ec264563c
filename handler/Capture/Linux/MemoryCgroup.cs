using System.Buffers.Text;
using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// The memory cgroup of a process, of either version (cgroups(7)): what it may take, what it takes, and how many processes in it the kernel killed for want of memory.
/// </summary>
/// <param name="directory">Absolute path, where it can be read from here.</param>
/// <param name="isUnified">Version 2.</param>
internal sealed class MemoryCgroup(string directory, bool isUnified)
{
    private const string MemoryController = "memory";
    private const string Version1 = "cgroup";
    private const string Version2 = "cgroup2";

    // mountinfo, proc(5): root and mount point are the fourth and fifth word; type, source and options follow a hyphen.
    private const int RootWord = 3;
    private const int PlaceWord = 4;

    /// <summary>Absolute path.</summary>
    public string Directory { get; } = directory;

    /// <summary>Version 2.</summary>
    public bool IsUnified { get; } = isUnified;

    /// <summary>Processes of it that the kernel killed since it was made; of version 2 in those below, too. Null: it cannot be read, or does not say (before Linux 4.13).</summary>
    public long? OomKills => Value(IsUnified ? "memory.events" : "memory.oom_control", "oom_kill "u8);

    /// <summary>Bytes that it may take; null: as many as there are, or it cannot be read.</summary>
    public long? Limit => Value(IsUnified ? "memory.max" : "memory.limit_in_bytes") is { } bytes and < NoLimit ? bytes : null;

    /// <summary>Bytes that it takes; null: it cannot be read.</summary>
    public long? Use => Value(IsUnified ? "memory.current" : "memory.usage_in_bytes");

    /// <summary>The most that it took; null: it cannot be read (version 2: before Linux 5.19).</summary>
    public long? Peak => Value(IsUnified ? "memory.peak" : "memory.max_usage_in_bytes");

    // Version 1 says "none" as the last page of a signed 64-bit number.
    private const long NoLimit = 1L << 62;

    /// <summary>The cgroup of a process; null: it has none, or it lies outside of what can be seen from here.</summary>
    /// <exception cref="SyscallException">The process is gone, or hidden.</exception>
    public static MemoryCgroup? OfProcess(int pid)
    {
        byte[] cgroups = ProcFs.Read($"/proc/{pid}/cgroup", CaptureLimits.CgroupBytes, out _);
        byte[] mounts = ProcFs.Read("/proc/self/mountinfo", CaptureLimits.MountsBytes, out _);
        MemoryCgroup? found = Of(cgroups, mounts);
        // Where its own has no memory controller, the next one above that has counts for it.
        while (found is { IsUnified: true } && !ProcFs.Exists($"{found.Directory}/memory.events"))
        {
            found = Path.GetDirectoryName(found.Directory) is { Length: > 1 } above && ProcFs.Exists($"{above}/cgroup.procs") ? new MemoryCgroup(above, isUnified: true) : null;
        }

        return found;
    }

    /// <summary>Where a process's memory cgroup is. Pure.</summary>
    /// <param name="cgroups">/proc/PID/cgroup: lines of number, controllers, path. Version 2 has number 0 and no controllers.</param>
    /// <param name="mounts">/proc/self/mountinfo.</param>
    public static MemoryCgroup? Of(ReadOnlySpan<byte> cgroups, ReadOnlySpan<byte> mounts)
    {
        string? first = null, second = null;
        foreach (string line in Encoding.UTF8.GetString(cgroups).Split('\n'))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length == 3)
            {
                first = Array.IndexOf(parts[1].Split(','), MemoryController) >= 0 ? parts[2] : first;
                second = parts[0] == "0" && parts[1].Length == 0 ? parts[2] : second;
            }
        }

        // With both versions mounted, the memory controller belongs to one of them: version 1 names it.
        return first is not null ? Find(first, mounts, isUnified: false) : second is not null ? Find(second, mounts, isUnified: true) : null;
    }

    private static MemoryCgroup? Find(string path, ReadOnlySpan<byte> mounts, bool isUnified)
    {
        foreach (string line in Encoding.UTF8.GetString(mounts).Split('\n'))
        {
            string[] halves = line.Split(" - ", 2);
            string[] place = halves[0].Split(' ');
            string[] kind = halves[^1].Split(' ');
            if (halves.Length == 2 && place.Length > PlaceWord && kind.Length >= 3 && kind[0] == (isUnified ? Version2 : Version1)
                && (isUnified || Array.IndexOf(kind[2].Split(','), MemoryController) >= 0)
                && Below(path, Unescape(place[RootWord])) is { } rest)
            {
                return new MemoryCgroup(Unescape(place[PlaceWord]) + rest, isUnified);
            }
        }

        return null;
    }

    // A container has only its own part of the tree mounted; "/.." begins what lies outside of our cgroup namespace.
    private static string? Below(string path, string root)
    {
        string rest = root == "/" ? path : path == root ? "" : path.StartsWith(root + "/", StringComparison.Ordinal) ? path[root.Length..] : "/..";
        return $"{rest}/".Contains("/../", StringComparison.Ordinal) ? null : rest.TrimEnd('/');
    }

    // The kernel writes blank, tab, line feed and backslash as \040 and so on.
    private static string Unescape(string text)
        => text.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\");

    private long? Value(string file, ReadOnlySpan<byte> key = default)
    {
        Span<byte> buffer = stackalloc byte[CaptureLimits.CgroupFileBytes];
        try
        {
            ReadOnlySpan<byte> text = buffer[..ProcFs.ReadShort($"{Directory}/{file}", buffer)];
            while (!text.IsEmpty)
            {
                if (text.StartsWith(key) && Utf8Parser.TryParse(text[key.Length..], out long value, out _))
                {
                    return value;
                }

                int end = text.IndexOf((byte)'\n');
                text = end < 0 ? default : text[(end + 1)..];
            }
        }
        catch (SyscallException)
        {
            // It is removed with its last process, or has no such file: then it says nothing.
        }

        return null;
    }
}
