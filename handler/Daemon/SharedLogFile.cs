using System.Globalization;
using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// A bounded log that several processes write at once, and that none of them holds: each event is one append to the file that has the name now,
/// one line, and those of its exception, which are indented.
/// Serilog's own file would belong to the first process, and its shared one waits for whoever is stopped in the middle.
/// </summary>
internal sealed unsafe class SharedLogFile(string path, string template, long maxBytes, int files) : ILogEventSink
{
    private const uint OwnerOnly = 0x180; // 0600
    private const int SEEK_END = 2;

    private readonly MessageTemplateTextFormatter _formatter = new(template, CultureInfo.InvariantCulture);

    /// <summary>Writes one event. Serilog keeps what it throws from the caller.</summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Emit(LogEvent logEvent)
    {
        byte[] line = Encoding.UTF8.GetBytes(Lines(logEvent));
        using FileDescriptor current = Open();
        long size = Libc.lseek(current.Number, 0, SEEK_END);
        if (size == 0)
        {
            Reserve(current);
        }

        if (size + line.Length <= maxBytes)
        {
            Append(current, line);
            return;
        }

        RollOver(current);
        using FileDescriptor next = Open();
        Reserve(next);
        Append(next, line);
    }

    // What a client says stands in it: no text of a stranger makes a line of its own, which would be taken for the handler's word.
    private string Lines(LogEvent logEvent)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        _formatter.Format(logEvent, text);
        StringBuilder lines = new StringBuilder(TerminalText.Escape(text.ToString())).Append('\n');
        if (logEvent.Exception is { } exception)
        {
            foreach (ReadOnlySpan<char> line in exception.ToString().AsSpan().EnumerateLines())
            {
                lines.Append("  ").Append(TerminalText.Escape(line.ToString())).Append('\n');
            }
        }

        return lines.ToString();
    }

    /// <summary>The name of an older file: 1 is the newest of them.</summary>
    internal static string OlderPath(string path, int number) => $"{path}.{number}";

    private FileDescriptor Open()
    {
        int fd = Libc.open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, OwnerOnly);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }

    // When the disk is full is when its lines are wanted. A file system that cannot reserve (EOPNOTSUPP), or has nothing left, has none then.
    private void Reserve(FileDescriptor file) => _ = Libc.fallocate(file.Number, Libc.FALLOC_FL_KEEP_SIZE, 0, maxBytes);

    // One write, so that lines of several processes never mix.
    private void Append(FileDescriptor file, byte[] line)
    {
        fixed (byte* bytes = line)
        {
            if (Libc.write(file.Number, bytes, line.Length) < 0)
            {
                throw SyscallException.Last("write", path);
            }
        }
    }

    // Whoever comes second waits for the first, which takes microseconds; but that one may be stopped, so only for a while. Whoever finds it renamed
    // already leaves it as it is.
    private void RollOver(FileDescriptor full)
    {
        _ = DurableFile.TryLock(full, path, DaemonLimits.LogRollOver);
        if (FileIdentity.Of(path) != FileIdentity.Of(full, path))
        {
            return;
        }

        for (int number = files - 1; number > 0; number--)
        {
            // A missing one is no failure, and whatever else is wrong shows when the log is opened again.
            _ = Libc.rename(number == 1 ? path : OlderPath(path, number - 1), OlderPath(path, number));
        }
    }
}
