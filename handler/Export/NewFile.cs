using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Export;

/// <summary>A file that is there whole or not at all: written beside its place under another name, synced, then given its own.</summary>
internal static class NewFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes one, for its owner alone.</summary>
    /// <param name="file">Where.</param>
    /// <param name="replaces">Whether a file that is there is replaced; nothing else ever is.</param>
    /// <param name="write">Writes what is in it.</param>
    /// <exception cref="ExportException">Something is there, or it cannot be written; what was there is as it was, and nothing of the new one is left.</exception>
    public static void Write(string file, bool replaces, Action<Stream> write)
    {
        string path = Path.GetFullPath(file);
        RequireFree(path, replaces);
        string temporary = $"{path}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        try
        {
            using (FileStream stream = new(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            // Not over what came there meanwhile.
            RequireFree(path, replaces);
            File.Move(temporary, path, replaces);
            DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
        }
        catch (IOException failure)
        {
            throw new ExportException($"cannot write '{path}': {Reason(failure)}; nothing of it is left", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new ExportException($"cannot write '{path}': {failure.Message}", failure);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void RequireFree(string path, bool replaces)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new ExportException($"there is no directory '{Path.GetDirectoryName(path)}'; make it, or name another file with -o");
        }

        switch (FileIdentity.IsRegular(path))
        {
            case true when !replaces:
                throw new ExportException($"'{path}' is there already; name another file with -o, or replace it with --force");
            case false:
                throw new ExportException($"'{path}' is there and no regular file; name another one with -o");
        }
    }

    // Of a system call, without the name of a file that is gone by now; here a result is its errno.
    private static string Reason(IOException failure)
        => failure.HResult is > 0 and < 4_096 ? Marshal.GetPInvokeErrorMessage(failure.HResult) : failure.Message;
}
