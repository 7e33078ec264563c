using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>Tells whoever launched the handler how that went (protocol/README.md, "The ready line"). Said once; then the pipe is closed.</summary>
internal sealed unsafe class ReadyLine(int? fd)
{
    /// <summary>Writes the line.</summary>
    public void Say(string line)
    {
        if (fd is not int pipe)
        {
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(line.ReplaceLineEndings(" ") + "\n");
        fixed (byte* start = bytes)
        {
            // A launcher that has gone does not read, and needs no answer.
            _ = Libc.write(pipe, start, bytes.Length);
        }

        _ = Libc.close(pipe);
    }
}
