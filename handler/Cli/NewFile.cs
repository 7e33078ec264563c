using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>A file that a verb made: whole, or not at all. It is its user's alone, as what is in reports is.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record NewFile(string Path, long Bytes)
{
    // An exception of a system call has its errno for a result.
    private const int FirstNoErrno = 4_096;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes one.</summary>
    /// <param name="file">Where.</param>
    /// <param name="write">Writes what is to be in it.</param>
    /// <param name="replaces">Whether a file that is there is replaced; nothing else ever is.</param>
    /// <exception cref="IOException">Something is there, its directory is missing, or it cannot be written: nothing is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static NewFile Write(string file, Action<Stream> write, bool replaces = false)
    {
        string path = System.IO.Path.GetFullPath(file);
        RequireFree(path, replaces);
        string temporary = $"{path}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        try
        {
            long length;
            using (FileStream output = new(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                write(output);
                output.Flush(flushToDisk: true);
                length = output.Length;
            }

            // Not over what came there meanwhile.
            RequireFree(path, replaces);
            File.Move(temporary, path, replaces);
            DurableFile.SyncDirectory(System.IO.Path.GetDirectoryName(path)!);
            return new NewFile(path, length);
        }
        catch (IOException failure) when (failure.HResult is > 0 and < FirstNoErrno)
        {
            throw new IOException($"cannot write '{path}': {Marshal.GetPInvokeErrorMessage(failure.HResult)}; nothing of it is left", failure);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void RequireFree(string path, bool replaces)
    {
        switch (FileIdentity.IsRegular(path))
        {
            case true when !replaces:
                throw new IOException($"'{path}' is there already; move it away, or name another file");
            case false:
                throw new IOException($"'{path}' is there already, and no regular file; name another one");
        }

        if (System.IO.Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
        {
            throw new IOException($"there is no directory '{directory}'; make it, or name another file");
        }
    }
}
