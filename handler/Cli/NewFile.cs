using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>A file that a verb made where nothing was: whole, or not at all. It is its user's alone, as what is in reports is.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record NewFile(string Path, long Bytes)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes one.</summary>
    /// <param name="file">Where; nothing may be there.</param>
    /// <param name="write">Writes what is to be in it.</param>
    /// <exception cref="IOException">Something is there, its directory is missing, or it cannot be written: nothing is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static NewFile Write(string file, Action<Stream> write)
    {
        string path = System.IO.Path.GetFullPath(file);
        RequireFree(path);
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
            RequireFree(path);
            File.Move(temporary, path, overwrite: false);
            return new NewFile(path, length);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void RequireFree(string path)
    {
        if (System.IO.Path.Exists(path))
        {
            throw new IOException($"'{path}' is there already; move it away, or name another file");
        }

        if (System.IO.Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
        {
            throw new IOException($"there is no directory '{directory}'; make it, or name another file");
        }
    }
}
