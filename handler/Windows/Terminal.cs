using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What a handle says of its console.</summary>
internal static unsafe partial class Terminal
{
    private const uint STD_OUTPUT_HANDLE = unchecked((uint)-11), STD_ERROR_HANDLE = unchecked((uint)-12);
    private const uint ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4;

    // Where TERM says nothing, as it does here: a console that takes the sequences takes those of xterm ("Console Virtual Terminal Sequences").
    private const string Sequences = "xterm-256color";

    [StructLayout(LayoutKind.Sequential)]
    private struct BufferInfo
    {
        public short Columns, Rows, CursorX, CursorY;
        public ushort Attributes;
        public short Left, Top, Right, Bottom, MostColumns, MostRows;
    }

    /// <summary>Standard output's and standard error's handles.</summary>
    public static int Output => (int)GetStdHandle(STD_OUTPUT_HANDLE);

    /// <summary>See <see cref="Output"/>.</summary>
    public static int Error => (int)GetStdHandle(STD_ERROR_HANDLE);

    /// <summary>Whether it is one.</summary>
    public static bool Is(int fd)
    {
        uint mode;
        return GetConsoleMode(fd, &mode) != 0;
    }

    /// <summary>Its width in columns; 0: it is none, or does not say.</summary>
    public static int Columns(int fd)
    {
        BufferInfo info;
        return GetConsoleScreenBufferInfo(fd, &info) != 0 ? info.Right - info.Left + 1 : 0;
    }

    /// <summary>What it is, as <c>TERM</c> would say; null: it takes no sequences. Asking turns them on.</summary>
    public static string? Kind(int fd)
    {
        uint mode;
        return Environment.GetEnvironmentVariable("TERM")
            ?? (GetConsoleMode(fd, &mode) != 0 && ((mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0 || SetConsoleMode(fd, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0) ? Sequences : null);
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint GetStdHandle(uint which);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetConsoleMode(nint console, uint* mode);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int SetConsoleMode(nint console, uint mode);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetConsoleScreenBufferInfo(nint console, BufferInfo* info);
}
