using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>What a living process took of memory at one moment, in bytes.</summary>
/// <param name="timestamp">When.</param>
internal sealed class MemoryUse(long timestamp)
{
    public long Timestamp { get; } = timestamp;

    /// <summary>VmRSS of /proc/PID/status.</summary>
    public long Resident { get; private init; }

    /// <summary>VmHWM.</summary>
    public long Peak { get; private init; }

    /// <summary>VmSwap.</summary>
    public long Swapped { get; private init; }

    /// <summary>From -1,000 to 1,000: how much rather than others the kernel is to kill it for want of memory.</summary>
    public int OomScoreAdjust { get; private init; }

    /// <summary>What its memory cgroup had counted; null: it has none that counts.</summary>
    public long? OomKills { get; private init; }

    /// <summary>Reads it; null: the process is dying, gone or hidden.</summary>
    public static MemoryUse? Read(int pid, MemoryCgroup? cgroup, TimeProvider time)
    {
        Span<byte> buffer = stackalloc byte[CaptureLimits.StatusBytes];
        try
        {
            ReadOnlySpan<byte> adjust = buffer[..ProcFs.ReadShort($"/proc/{pid}/oom_score_adj", buffer)];
            int score = System.Buffers.Text.Utf8Parser.TryParse(adjust, out int value, out _) ? value : 0;
            ReadOnlySpan<byte> status = buffer[..ProcFs.ReadShort($"/proc/{pid}/status", buffer)];
            long resident = ProcStatus.Bytes(status, "VmRSS:"u8);
            // Without its memory it is no process that lives.
            return resident == 0 ? null : new MemoryUse(time.GetTimestamp())
            {
                Resident = resident,
                Peak = ProcStatus.Bytes(status, "VmHWM:"u8),
                Swapped = ProcStatus.Bytes(status, "VmSwap:"u8),
                OomScoreAdjust = score,
                OomKills = cgroup?.OomKills,
            };
        }
        catch (SyscallException)
        {
            // What was known before stays the last that is known.
            return null;
        }
    }
}
