using System.CommandLine;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor;

namespace CrashHandler.Handler.Cli;

/// <summary>What the command line has of Windows: one executable for all verbs, and, in the place of those that are Linux's, what to do instead.</summary>
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

    /// <summary>Carried out by this executable.</summary>
    public static Command[] Resident() => [RunCommand.Create(HandlerDaemon.Run), GuardCommand.Create(), WalkCommand.Create()];

    public static Command Exec() => Absent("exec", "'exec' is not on Windows, where nothing is preloaded into a program: have it call CrashReporter.Start.");

    public static Command Attach() => Absent("attach", "'attach' is not on Windows: have the program call CrashReporter.Start; 'crash-handler dump PID' writes a minidump of one that runs.");

    public static Command Doctor() => DoctorCommand.Create();

    /// <summary>Whether a failure of these verbs says all there is to say.</summary>
    public static bool IsKnown(Exception failure) => failure is DoctorException;

    // Whatever comes behind it: that it is not here is what there is to say.
    private static Command Absent(string name, string why)
    {
        Argument<string[]> rest = new("ARGUMENTS") { Arity = ArgumentArity.ZeroOrMore };
        Command command = new(name, "Linux only.") { rest };
        command.TreatUnmatchedTokensAsErrors = false;
        command.Hidden = true;
        command.SetAction(_ =>
        {
            Console.Error.WriteLine($"{CommandLine.Name}: {why}");
            return CommandLine.WrongUsage;
        });
        return command;
    }
}
