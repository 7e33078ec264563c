using System.Runtime.InteropServices;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>What goes on until somebody ends it: with SIGINT or SIGTERM, or by closing the pipe that it writes to.</summary>
internal static class Following
{
    /// <summary>Looks, and looks again whenever something changed. What changes during a look is looked at by the next one.</summary>
    /// <param name="directories">Where.</param>
    /// <param name="matters">Whether a file of this name is worth a look.</param>
    /// <param name="events">What counts as a change (inotify(7)).</param>
    /// <param name="look">What writes what is new.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="SyscallException">The kernel has no more watches for this user.</exception>
    /// <exception cref="OutputException">Nobody reads any more.</exception>
    public static int Run(IEnumerable<string> directories, Func<string, bool> matters, uint events, Action look)
    {
        using EventLoop loop = new(TimeProvider.System);
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using DatabaseWatch watch = DatabaseWatch.Start(loop, directories, matters, look, events);
        using IDisposable? output = OutputWatch.Start(loop);
        look();
        loop.Run();
        return CommandLine.Done;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            loop.Post(loop.Stop);
        }
    }
}
