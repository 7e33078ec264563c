using System.Buffers.Text;
using System.Globalization;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>/proc/PID/status, the lines of it that are needed (proc(5)).</summary>
internal static class ProcStatus
{
    // capabilities(7)
    private const int CAP_SETUID = 7;

    /// <summary>
    /// The numbers of <c>NSpid</c>: the pid in the reader's namespace first, in the process's own last. Empty before Linux 4.1.
    /// </summary>
    public static List<int> NamespacePids(ReadOnlySpan<byte> status) => Numbers(status, "NSpid:"u8);

    /// <summary>The process that traces this one, or 0.</summary>
    public static int TracerPid(ReadOnlySpan<byte> status) => Numbers(status, "TracerPid:"u8) is [int tracer] ? tracer : 0;

    /// <summary>The parent, or 0.</summary>
    public static int ParentPid(ReadOnlySpan<byte> status) => Numbers(status, "PPid:"u8) is [int parent] ? parent : 0;

    /// <summary>The real user; null: the status does not say.</summary>
    public static uint? UserId(ReadOnlySpan<byte> status) => Numbers(status, "Uid:"u8) is [int real, ..] ? (uint)real : null;

    /// <summary>
    /// The user that does no more than the process may: the effective one (proc(5), <c>Uid</c>), of a set-user-id program that became root the real one, who started it.
    /// Null: the status does not say.
    /// </summary>
    public static uint? LeastUserId(ReadOnlySpan<byte> status) => Least(Numbers<uint>(status, "Uid:"u8));

    /// <summary>The group, likewise.</summary>
    public static uint? LeastGroupId(ReadOnlySpan<byte> status) => Least(Numbers<uint>(status, "Gid:"u8));

    private static uint? Least(List<uint> ids) => ids is [uint real, uint effective, ..] ? (effective != 0 ? effective : real) : null;

    /// <summary>The process that a thread belongs to: its own pid for a process; 0: the status does not say.</summary>
    public static int ThreadGroup(ReadOnlySpan<byte> status) => Numbers(status, "Tgid:"u8) is [int process] ? process : 0;

    /// <summary>Whether every one of the four user ids is this one: the process is its user's alone.</summary>
    public static bool BelongsTo(ReadOnlySpan<byte> status, uint user)
        => Numbers<uint>(status, "Uid:"u8) is [uint real, uint effective, uint saved, uint files] && real == user && effective == user && saved == user && files == user;

    /// <summary>Whether the process may become another user's (<c>CAP_SETUID</c>); true, too, where the status does not say.</summary>
    public static bool MayChangeUser(ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<byte> key = "CapEff:"u8;
        int line = status.IndexOf(key);
        return line < 0 || !Utf8Parser.TryParse(status[(line + key.Length)..].TrimStart(" \t"u8), out ulong capabilities, out _, 'x') || (capabilities & (1UL << CAP_SETUID)) != 0;
    }

    /// <summary>A line such as <c>VmRSS</c>, in bytes; 0: the process has none, as one that is dead.</summary>
    /// <param name="status">The file.</param>
    /// <param name="key">With its colon.</param>
    public static long Bytes(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        int line = status.IndexOf(key);
        return line >= 0 && Utf8Parser.TryParse(status[(line + key.Length)..].TrimStart(" \t"u8), out long kibibytes, out _) ? kibibytes * 1024 : 0;
    }

    private static List<int> Numbers(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key) => Numbers<int>(status, key);

    private static List<T> Numbers<T>(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
        where T : struct, IUtf8SpanParsable<T>
    {
        List<T> numbers = [];
        foreach (Range line in status.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = status[line];
            if (text.StartsWith(key))
            {
                text = text[key.Length..];
                foreach (Range word in text.SplitAny(" \t"u8))
                {
                    if (T.TryParse(text[word], CultureInfo.InvariantCulture, out T number))
                    {
                        numbers.Add(number);
                    }
                }

                break;
            }
        }

        return numbers;
    }
}
