using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Export;

/// <summary>A file that is there whole or not at all: written beside its place under another name, synced, then given its own.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record NewFile(string Path, long Bytes)
{
    /// <summary>Makes one, for its owner alone.</summary>
    /// <param name="file">Where.</param>
    /// <param name="replaces">Whether a file that is there is replaced; nothing else ever is. Null: it is not, and there is no --force to be told of.</param>
    /// <param name="write">Writes what is in it.</param>
    /// <exception cref="ExportException">Something is there, or it cannot be written; what was there is as it was, and nothing of the new one is left.</exception>
    public static NewFile Write(string file, bool? replaces, Action<Stream> write)
    {
        string path = System.IO.Path.GetFullPath(file);
        RequireFree(path, replaces);
        string temporary = $"{path}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        try
        {
            long length;
            using (FileStream stream = PosixFiles.CreatePrivateFile(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
                length = stream.Length;
            }

            // Not over what came there meanwhile.
            RequireFree(path, replaces);
            File.Move(temporary, path, replaces ?? false);
            DurableFile.SyncDirectory(System.IO.Path.GetDirectoryName(path)!);
            return new NewFile(path, length);
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

    private static void RequireFree(string path, bool? replaces)
    {
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
        {
            throw new ExportException($"there is no directory '{System.IO.Path.GetDirectoryName(path)}'; make it, or name another file");
        }

        switch (FileIdentity.IsRegular(path))
        {
            case true when replaces is not true:
                throw new ExportException($"'{path}' is there already; name another file{(replaces is null ? "" : ", or replace it with --force")}");
            case false:
                throw new ExportException($"'{path}' is there and no regular file; name another one");
        }
    }

    // Of a system call, without the name of a file that is gone by now; here a result is its errno.
    private static string Reason(IOException failure)
        => failure.HResult is > 0 and < 4_096 ? Marshal.GetPInvokeErrorMessage(failure.HResult) : failure.Message;
}
