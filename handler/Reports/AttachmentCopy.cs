using System.Text;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Reports;

/// <summary>Copies a file that an application wants sent with its report, as it is now.</summary>
internal static class AttachmentCopy
{
    private const char Replacement = '_';

    // What no name may have here, such as the colon before a stream's name on Windows.
    private static readonly char[] s_notInNames = Path.GetInvalidFileNameChars();

    /// <summary>Copies it.</summary>
    /// <param name="source">The open file.</param>
    /// <param name="path">What the application calls it.</param>
    /// <param name="directory">Where the copy goes.</param>
    /// <param name="progress">Called after each piece.</param>
    /// <returns>The copy's name in the directory: the file's own, as far as a form takes it, and unique.</returns>
    /// <exception cref="IOException">It is no file, is too long, or cannot be read or copied.</exception>
    /// <exception cref="SyscallException">The copy cannot be made.</exception>
    public static string Copy(FileDescriptor source, string path, string directory, Action progress)
    {
        using SafeFileHandle handle = new(source.Number, ownsHandle: false);
        if (!FileIdentity.IsRegular(source, path))
        {
            throw new IOException("it is no regular file");
        }

        long length = RandomAccess.GetLength(handle);
        if (length > ReportsLimits.MaxAttachmentBytes)
        {
            throw new IOException($"it has {length} bytes, at most {ReportsLimits.MaxAttachmentBytes} are taken");
        }

        string name = UniqueName(path, directory);
        string target = Path.Combine(directory, name);
        using FileDescriptor copy = DurableFile.Create(target);
        try
        {
            CopyBytes(handle, copy, target, length, progress);
            DurableFile.Sync(copy, target);
        }
        catch
        {
            DurableFile.Remove(target);
            throw;
        }

        return name;
    }

    // Up to the length it had: a log may grow meanwhile.
    private static void CopyBytes(SafeFileHandle source, FileDescriptor copy, string path, long length, Action progress)
    {
        using SafeFileHandle target = new(copy.Number, ownsHandle: false);
        byte[] piece = new byte[Math.Min(length, ReportsLimits.AttachmentPieceBytes)];
        long done = 0;
        int count;
        while (done < length && (count = RandomAccess.Read(source, piece.AsSpan(0, (int)Math.Min(piece.Length, length - done)), done)) > 0)
        {
            WholeWrite.At(target, piece.AsSpan(0, count), done, path);
            done += count;
            progress();
        }
    }

    private static string UniqueName(string path, string directory)
    {
        string name = string.Concat(Path.GetFileName(path).Select(c => char.IsControl(c) || c is '"' or '%' || Array.IndexOf(s_notInNames, c) >= 0 ? Replacement : c));
        while (Encoding.UTF8.GetByteCount(name) > ReportsLimits.MaxAttachmentNameBytes)
        {
            name = name[1..];
        }

        string unique = name;
        for (int i = 2; File.Exists(Path.Combine(directory, unique)); i++)
        {
            unique = $"{Path.GetFileNameWithoutExtension(name)}-{i}{Path.GetExtension(name)}";
        }

        return unique;
    }
}
