namespace CrashHandler.Handler.Posix;

/// <summary>What a descriptor says of its terminal.</summary>
internal static unsafe class Terminal
{
    /// <summary>Standard output's and standard error's numbers.</summary>
    public const int Output = 1, Error = 2;

    /// <summary>Whether it is one.</summary>
    public static bool Is(int fd) => Libc.isatty(fd) == 1;

    /// <summary>Its width in columns; 0: it is none, or does not say.</summary>
    public static int Columns(int fd)
    {
        Libc.WinSize size;
        return Libc.ioctl(fd, Libc.TIOCGWINSZ, &size) == 0 ? size.Columns : 0;
    }

    /// <summary>What it is (terminfo(5)), as its user says; null: unknown.</summary>
    public static string? Kind(int fd) => Environment.GetEnvironmentVariable("TERM");
}
