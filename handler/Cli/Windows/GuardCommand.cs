using System.CommandLine;
using CrashHandler.Handler.Capture.Windows;

namespace CrashHandler.Handler.Cli;

/// <summary><c>guard</c>: stands by while a handler holds a process still, started by that handler. Nothing for people.</summary>
internal static class GuardCommand
{
    public static Command Create()
    {
        Argument<int[]> handles = new("HANDLES") { Arity = new ArgumentArity(GuardHandles.Count, GuardHandles.Count) };
        Command command = new(HoldGuard.Verb, "Let a process go whose handler ended.") { handles };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            GuardDuty.Stand(GuardHandles.Of(parsed.GetValue(handles)));
            return CommandLine.Done;
        });
        return command;
    }
}
