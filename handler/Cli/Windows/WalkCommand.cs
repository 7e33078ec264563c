using System.CommandLine;
using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary><c>walk</c>, which a handler starts, and nobody else: it reads one process, and ends.</summary>
internal static class WalkCommand
{
    public static Command Create()
    {
        Argument<int> request = new("REQUEST"), bytes = new("BYTES"), answer = new("ANSWER"), process = new("PROCESS");
        Argument<string?> reason = new("WHY") { Arity = ArgumentArity.ZeroOrOne };
        Command command = new("walk", "Started by a handler, with handles for the request, the answer and the process.") { request, bytes, answer, process, reason };
        command.Hidden = true;
        command.SetAction(parsed => WalkProcess.Run(
            new WalkHandles(
                new FileDescriptor(parsed.GetValue(request)), parsed.GetValue(bytes), new FileDescriptor(parsed.GetValue(answer)), new FileDescriptor(parsed.GetValue(process))),
            parsed.GetValue(reason)));
        return command;
    }
}
