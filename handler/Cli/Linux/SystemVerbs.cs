using System.CommandLine;
using CrashHandler.Handler.Exec;

namespace CrashHandler.Handler.Cli;

/// <summary>What the command line has of Linux: how its resident verbs are carried out, and words.</summary>
internal static class SystemVerbs
{
    /// <summary>What <c>run --pipe</c> takes.</summary>
    public const string PipeDescription = "Path of the socket. Default: derived from the database.";

    /// <summary>What says that <c>run</c> listens.</summary>
    public const string ListensWhen = "the socket's file exists";

    /// <summary>Whether a handler may serve other users.</summary>
    public const bool ServesUsers = true;

    /// <summary>Why this program does not know where it is.</summary>
    public const string NoProgram = "/proc/self/exe cannot be read; is /proc mounted?";

    /// <summary>Whether <c>exec</c> preloads the shim, and can do without the startup hook.</summary>
    public static bool PreloadsShim => true;

    /// <summary>A smaller executable stays for these (<see cref="Executables"/>).</summary>
    public static Command[] Resident() => [RunCommand.Create(_ => throw Executables.BecomeResident()), CaptureCommand.Create(_ => throw Executables.BecomeResident())];
}
