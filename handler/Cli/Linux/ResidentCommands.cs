using System.CommandLine;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>The verbs of the executable that stays: <c>run</c> and <c>capture</c>. For every other, and for help, it becomes the one that has them all (<see cref="Executables"/>).</summary>
internal static class ResidentCommands
{
    /// <summary>Carries out.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        if (arguments is not ["run" or "capture", ..] || Array.Exists(arguments, argument => argument is "--help" or "-h" or "-?" or "/h" or "/?"))
        {
            SyscallException failure = Executables.BecomeCommandLine(arguments);
            Console.Error.WriteLine($"{CommandLine.Name}: {failure.Message}");
            return CommandLine.Failed;
        }

        // No RootCommand: help, version and completion are the other's.
        Command root = new(CommandLine.Name) { RunCommand.Create(HandlerDaemon.Run), CaptureCommand.Create(SingleShot.Run) };
        return CommandLine.Run(root, arguments);
    }
}
