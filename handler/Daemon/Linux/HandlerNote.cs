using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What a handler leaves in the lock file of its address, in lines: its database, and its URL or nothing. A process that was covered while no handler answered (it had just been
/// killed) and dies before the next one is there starts one for its own death, which reads here what nobody could tell the process.
/// </summary>
/// <param name="Database">The database's directory.</param>
/// <param name="Url">Where its reports go; null: nowhere.</param>
internal sealed record HandlerNote(string Database, Uri? Url)
{
    private const uint Root = 0;

    /// <summary>Path of an address's lock file.</summary>
    public static string PathFor(string address) => address + ".lock";

    /// <summary>Writes it. Where there is no room, whoever would have needed it goes without.</summary>
    /// <exception cref="SyscallException">The file cannot be written.</exception>
    public void Write(FileDescriptor file, string path)
    {
        try
        {
            // Over what is there, which is the same as a rule: a process that dies in this moment reads it.
            byte[] note = Encoding.UTF8.GetBytes($"{Database}\n{Url?.AbsoluteUri}\n");
            WholeWrite.To(file.Number, note, path);
            if (Libc.ftruncate(file.Number, note.Length) != 0)
            {
                throw SyscallException.Last("ftruncate", path);
            }
        }
        catch (SyscallException full) when (full.Errno is Libc.ENOSPC or Libc.EDQUOT)
        {
            _ = Libc.ftruncate(file.Number, 0);
        }
    }

    /// <summary>Reads that of the handler that had an address last.</summary>
    /// <exception cref="DaemonException">There is none, or it is neither this user's nor root's.</exception>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static HandlerNote Read(string address)
    {
        string path = PathFor(address);
        if (PosixFiles.LinkOwner(path) is uint owner && owner != Root && owner != PosixFiles.UserId())
        {
            throw new DaemonException($"'{path}' belongs to user {owner}; nothing of this user's is reported by what stands in it");
        }

        string[] lines = Encoding.UTF8.GetString(DurableFile.Read(path, DaemonLimits.NoteBytes) ?? []).Split('\n');
        return lines is [{ Length: > 0 } database, string url, ""] && Path.IsPathRooted(database)
            ? new HandlerNote(database, Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) ? parsed : null)
            : throw new DaemonException($"'{path}' does not say which database the handler of '{address}' had; give --database");
    }
}
