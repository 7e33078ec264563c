using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// A claimed <c>new/ID.dmp</c>. Whoever holds its flock, while the name is still that file's, decides what becomes of the death with this id: no two
/// handlers make its report, and a sweep takes only what a dead one left.
/// </summary>
internal sealed unsafe class NewDump : IDisposable
{
    private NewDump(FileDescriptor file, string path)
    {
        File = file;
        Path = path;
    }

    /// <summary>The open, locked file.</summary>
    public FileDescriptor File { get; }

    /// <summary>Its name.</summary>
    public string Path { get; }

    /// <summary>Whether it begins with a minidump's signature, which is written last.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public bool IsFinished
    {
        get
        {
            Span<byte> start = stackalloc byte[4];
            fixed (byte* bytes = start)
            {
                nint count = Libc.pread(File.Number, bytes, start.Length, 0);
                return count >= 0 ? start[..(int)count].SequenceEqual("MDMP"u8) : throw SyscallException.Last("pread", Path);
            }
        }
    }

    /// <summary>Its bytes.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public long Length => new FileInfo(Path).Length;

    /// <summary>Claims the file, making it where it is missing.</summary>
    /// <returns>Null: somebody else has it now, or had it until a moment ago.</returns>
    /// <exception cref="SyscallException">It cannot be opened, made or locked.</exception>
    public static NewDump? TryClaim(string path)
    {
        FileDescriptor file = DurableFile.OpenLock(path);
        try
        {
            // Between the open and the lock it may have been filed, or removed.
            if (DurableFile.TryLock(file, path) && FileIdentity.Of(path) == FileIdentity.Of(file, path))
            {
                return new NewDump(file, path);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Takes out what a dead handler had written.</summary>
    /// <exception cref="SyscallException">ftruncate failed.</exception>
    public void Clear()
    {
        if (Libc.ftruncate(File.Number, 0) != 0)
        {
            throw SyscallException.Last("ftruncate", Path);
        }
    }

    public void Dispose() => File.Dispose();
}
