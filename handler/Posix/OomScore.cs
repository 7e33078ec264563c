using System.Globalization;
using System.Text;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Whom the kernel kills when memory runs out: oom_score_adj of proc(5), which a process has from its parent. An application that offers itself (1,000, as browsers' renderers
/// and pods without requests) would take its handler along, just when that is needed; one that is spared (-1,000) would make an unkillable process of it, whose memory nobody
/// can have back. So a handler has what a process has that nobody spoke of: zero. Not less: it is small, so that it is hardly ever chosen, and must go if it is not.
/// </summary>
internal static unsafe class OomScore
{
    /// <summary>What a process has of which nobody said anything.</summary>
    public const int Neutral = 0;

    /// <summary>To be killed before all others.</summary>
    public const int First = 1000;

    private const string Path = "/proc/self/oom_score_adj";

    // -1000, and the line's end.
    private const int MaxBytes = 6;

    /// <summary>Makes it <see cref="Neutral"/>, or comes as near as the kernel allows: who has no CAP_SYS_RESOURCE goes below no value that somebody with it has set.</summary>
    /// <param name="problem">Told if it is not neutral then.</param>
    public static void Reset(Action<string> problem)
    {
        int current;
        try
        {
            current = Read();
        }
        catch (SyscallException unreadable)
        {
            // Without /proc nothing can be captured either.
            problem(unreadable.Message);
            return;
        }

        if (current == Neutral)
        {
            return;
        }

        int lowest = Lowest(current, TrySet);
        if (lowest != Neutral)
        {
            problem($"{Path} stays at {lowest}: the kernel allows this user nothing below. When memory runs out, this handler is among the first to be killed; another one follows it");
        }
    }

    /// <summary>Has this process killed before all others: it can be done without, and its memory is needed.</summary>
    public static void GoFirst() => TrySet(First);

    /// <summary>The value nearest to <see cref="Neutral"/> that is allowed; it is the one that was set last. Pure but for <paramref name="trySet"/>.</summary>
    /// <param name="current">The value there is.</param>
    /// <param name="trySet">Sets one; false: it is not allowed.</param>
    internal static int Lowest(int current, Func<int, bool> trySet)
    {
        if (trySet(Neutral))
        {
            return Neutral;
        }

        int refused = Neutral, allowed = current;
        while (allowed - refused > 1)
        {
            int middle = (allowed + refused) / 2;
            if (trySet(middle))
            {
                allowed = middle;
            }
            else
            {
                refused = middle;
            }
        }

        return allowed;
    }

    private static int Read()
    {
        using FileDescriptor file = Open(Libc.O_RDONLY) ?? throw SyscallException.Last("open", Path);
        byte* text = stackalloc byte[MaxBytes];
        nint count = Libc.read(file.Number, text, MaxBytes);
        return count > 0 && int.TryParse(Encoding.ASCII.GetString(text, (int)count).TrimEnd('\n'), CultureInfo.InvariantCulture, out int value) ? value : throw SyscallException.Last("read", Path);
    }

    // EACCES says that it is too low, whoever asks; all else comes to the same.
    private static bool TrySet(int value)
    {
        using FileDescriptor? file = Open(Libc.O_WRONLY);
        ReadOnlySpan<byte> text = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
        fixed (byte* bytes = text)
        {
            return file is not null && Libc.write(file.Number, bytes, text.Length) == text.Length;
        }
    }

    private static FileDescriptor? Open(int flags) => Libc.open(Path, flags | Libc.O_CLOEXEC, 0) is var fd && fd >= 0 ? new FileDescriptor(fd) : null;
}
