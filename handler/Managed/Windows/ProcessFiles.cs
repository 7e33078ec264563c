using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Managed;

/// <summary>What of it is Windows': files on drives of this machine. A share may not answer for a minute, and is told who asks.</summary>
internal sealed partial class ProcessFiles
{
    private const string LongPrefix = @"\\?\";

    /// <summary>Whether a path begins at a drive.</summary>
    internal static bool IsWhole(string path)
    {
        ReadOnlySpan<char> plain = path.StartsWith(LongPrefix, StringComparison.Ordinal) ? path.AsSpan(LongPrefix.Length) : path;
        return plain is [var drive, ':', '\\', ..] && char.IsAsciiLetter(drive);
    }

    private static bool IsRegular(FileDescriptor file, string path) => Libc.IsOnDisk(file.Number);

    private static FileDescriptor OpenFile(string path)
    {
        int file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return file >= 0 ? new FileDescriptor(file) : throw SyscallException.Last("open", path);
    }
}
