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
    private HashSet<LogFile> _files = [];

    /// <summary>Whether a file of this name in the database is one of the log's.</summary>
    public static bool IsLog(string name) => name.StartsWith(HandlerLog.FileName, StringComparison.Ordinal);

    /// <summary>Lines that came since the last look, the oldest first; at the first look all there are.</summary>
    /// <exception cref="SyscallException">A file cannot be read.</exception>
    public IReadOnlyList<string> Next()
    {
        List<LogFile> found = Find();
        List<string> lines = [];
        // Those that are removed since the last look may have had more lines, before all others.
        _files.ExceptWith(found);
        foreach (LogFile file in _files.Concat(found))
        {
            file.ReadTo(lines);
        }

        Dispose();
        _files = [.. found];
        return lines;
    }

    public void Dispose()
    {
        foreach (LogFile file in _files)
        {
            file.Dispose();
        }
    }

    // The files, the oldest first: those that are known, and new ones. Renamed while it looks at one name after the other, one could be missed: then it looks again.
    private List<LogFile> Find()
    {
        while (true)
        {
            List<LogFile> found = [];
            foreach (string path in Paths())
            {
                if (LogFile.TryOpen(path) is not { } opened)
                {
                    continue;
                }

                if (_files.TryGetValue(opened, out LogFile? known))
                {
                    opened.Dispose();
                }
                else
                {
                    _files.Add(opened);
                }

                found.Add(known ?? opened);
            }

            if (Paths().Select(FileIdentity.Of).OfType<FileIdentity>().SequenceEqual(found.Select(file => file.Identity)))
            {
                return found;
            }
        }
    }

    private IEnumerable<string> Paths()
    {
        string newest = Path.Combine(database, HandlerLog.FileName);
        return Enumerable.Range(1, DaemonLimits.LogFiles - 1).Reverse().Select(number => SharedLogFile.OlderPath(newest, number)).Append(newest);
    }

    /// <summary>One file, and how far it is read. Two of one identity are equal.</summary>
    private sealed class LogFile(FileDescriptor file, FileIdentity identity, string path) : IEquatable<LogFile>, IDisposable
    {
        private const byte NewLine = (byte)'\n';

        // A line whose end is not written yet.
        private readonly MemoryStream _begun = new();

        public FileIdentity Identity => identity;

        /// <summary>Null: there is none of this name.</summary>
        public static LogFile? TryOpen(string path)
        {
            try
            {
                FileDescriptor file = DurableFile.OpenRead(path);
                return new LogFile(file, FileIdentity.Of(file, path), path);
            }
            catch (SyscallException missing) when (missing.Errno == Libc.ENOENT)
            {
                return null;
            }
        }

        public bool Equals(LogFile? other) => other is not null && other.Identity == identity;

        public override bool Equals(object? obj) => Equals(obj as LogFile);

        public override int GetHashCode() => identity.GetHashCode();

        public void Dispose() => file.Dispose();

        public void ReadTo(List<string> lines)
        {
            byte[] buffer = new byte[CliLimits.LogPieceBytes];
            int count;
            while ((count = Read(buffer)) > 0)
            {
                ReadOnlySpan<byte> piece = buffer.AsSpan(0, count);
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

        private unsafe int Read(byte[] buffer)
        {
            fixed (byte* start = buffer)
            {
                nint count = Libc.read(file.Number, start, buffer.Length);
                return count >= 0 ? (int)count : throw SyscallException.Last("read", path);
            }
        }
    }
}
