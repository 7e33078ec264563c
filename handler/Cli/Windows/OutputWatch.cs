using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Notices that nobody reads standard output any more, not only at the next report, which may never come. Nobody tells that of a pipe here: it is asked.</summary>
internal static class OutputWatch
{
    /// <summary>Begins; the loop then throws an <see cref="OutputException"/>.</summary>
    /// <returns>What ends it; null: nobody need look.</returns>
    public static IDisposable? Start(EventLoop loop)
        => Terminal.Is(Terminal.Output) ? null : new Timer(_ => loop.Post(Look), null, CliLimits.OutputLook, CliLimits.OutputLook);

    private static void Look()
    {
        if (StandardStreams.IsOutputClosed())
        {
            throw new OutputException(new SyscallException("WriteFile", Libc.EPIPE, "standard output"));
        }
    }
}
