using System.CommandLine;
using CrashHandler.Handler.Daemon;

namespace CrashHandler.Handler.Cli;

/// <summary>What the command line has of Windows: one executable for all verbs, and words.</summary>
internal static class SystemVerbs
{
    /// <summary>What <c>run --pipe</c> takes.</summary>
    public const string PipeDescription = @"Name of the pipe, \\.\pipe\NAME. Default: derived from the database.";

    /// <summary>What says that <c>run</c> listens.</summary>
    public const string ListensWhen = "the pipe exists";

    /// <summary>Whether a handler may serve other users: who is another one is not let into the pipe.</summary>
    public const bool ServesUsers = false;

    /// <summary>Why this program does not know where it is.</summary>
    public const string NoProgram = "GetModuleFileName does not say where this program is";

    /// <summary>Whether <c>exec</c> preloads the shim, and can do without the startup hook: there is nothing else here.</summary>
    public static bool PreloadsShim => false;

    /// <summary>Carried out by this executable; what handlers alone start are <see cref="HelperVerbs"/>.</summary>
    public static Command[] Resident() => [RunCommand.Create(HandlerDaemon.Run)];
}
