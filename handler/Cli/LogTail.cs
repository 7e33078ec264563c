using System.Text;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>
/// The handlers' log of a database, line by line, over its files. A file is known by what it is, not by its name: it is renamed when it is full, and may get a last
/// line of somebody who had it open. It is kept open until it is removed, so that no other file is taken for it.
/// </summary>
/// <param name="database">Absolute path of the database.</param>
internal sealed class LogTail(string database) : IDisposable
{
    private Dictionary<FileIdentity, LogFile> _files = [];

    /// <summary>Whether a file of this name in the database is one of the log's.</summary>
    public static bool IsLog(string name) => name.StartsWith(HandlerLog.FileName, StringComparison.Ordinal);

    /// <summary>Lines that came since the last look, the oldest first; at the first look all there are.</summary>
    /// <exception cref="SyscallException">A file cannot be read.</exception>
    public IReadOnlyList<string> Next()
    {
        Dictionary<FileIdentity, LogFile> found = [];
        List<string> lines = [];
        string newest = Path.Combine(database, HandlerLog.FileName);
        for (int number = DaemonLimits.LogFiles - 1; number >= 0; number--)
        {
            string path = number == 0 ? newest : SharedLogFile.OlderPath(newest, number);
            if (Open(path) is not { } opened)
            {
                continue;
            }

            FileIdentity identity = FileIdentity.Of(opened, path);
            // Renamed between two looks at names, it is found twice.
            if (found.ContainsKey(identity) || !_files.Remove(identity, out LogFile? file))
            {
                file = found.GetValueOrDefault(identity) ?? new LogFile(opened);
            }
            else
            {
                opened.Dispose();
            }

            file.ReadTo(lines, path);
            found[identity] = file;
        }

        foreach (LogFile gone in _files.Values)
        {
            gone.Dispose();
        }

        _files = found;
        return lines;
    }

    public void Dispose()
    {
        foreach (LogFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private static FileDescriptor? Open(string path)
    {
        try
        {
            return DurableFile.OpenRead(path);
        }
        catch (SyscallException missing) when (missing.Errno == Libc.ENOENT)
        {
            return null;
        }
    }

    /// <summary>One file, and how far it is read.</summary>
    private sealed class LogFile(FileDescriptor file) : IDisposable
    {
        private const byte NewLine = (byte)'\n';

        private readonly byte[] _piece = new byte[CliLimits.LogPieceBytes];

        // A line whose end is not written yet.
        private readonly MemoryStream _begun = new();

        public void Dispose() => file.Dispose();

        public void ReadTo(List<string> lines, string path)
        {
            ReadOnlySpan<byte> piece;
            while ((piece = Read(path)).Length > 0)
            {
                int end;
                while ((end = piece.IndexOf(NewLine)) >= 0)
                {
                    _begun.Write(piece[..end]);
                    lines.Add(Encoding.UTF8.GetString(_begun.GetBuffer(), 0, (int)_begun.Length));
                    _begun.SetLength(0);
                    piece = piece[(end + 1)..];
                }

                _begun.Write(piece);
            }
        }

        private unsafe ReadOnlySpan<byte> Read(string path)
        {
            fixed (byte* start = _piece)
            {
                nint count = Libc.read(file.Number, start, _piece.Length);
                return count >= 0 ? _piece.AsSpan(0, (int)count) : throw SyscallException.Last("read", path);
            }
        }
    }
}
