using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Notices that nobody reads standard output any more, not only at the next report, which may never come.</summary>
internal static class OutputWatch
{
    /// <summary>Begins; the loop then throws an <see cref="OutputException"/>.</summary>
    /// <returns>What ends it; null: it ends with the loop.</returns>
    public static IDisposable? Start(EventLoop loop)
    {
        try
        {
            loop.Add(Terminal.Output, _ => throw new OutputException(new SyscallException("write", Libc.EPIPE)), events: 0);
        }
        catch (SyscallException file) when (file.Errno == Libc.EPERM)
        {
            // A file, which nobody closes.
        }

        return null;
    }
}
