using System.Globalization;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Walk;

namespace CrashHandler.Handler.Cli;

/// <summary>
/// What a handler has this executable do in processes of its own, with handles that it gives them; nothing for people. Apart from the <see cref="CommandLine"/>, most of whose time is that of the JIT
/// compiler: a dying process waits for these to begin.
/// </summary>
internal static class HelperVerbs
{
    /// <summary>Carries out one of them.</summary>
    /// <returns>Its exit code; null: it is another verb.</returns>
    public static int? Run(ReadOnlySpan<string> arguments) => arguments switch
    {
        [HoldGuard.Verb, .. var numbers] => Guard(numbers),
        [Walk.WalkProcess.Verb, .. var rest] => Walked(rest),
        _ => null,
    };

    private static int Guard(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length != GuardHandles.Count || Numbers(arguments) is not { } handles)
        {
            return NotForPeople(HoldGuard.Verb);
        }

        try
        {
            GuardDuty.Stand(GuardHandles.Of(handles));
            return CommandLine.Done;
        }
        catch (SyscallException failure)
        {
            Console.Error.WriteLine($"{CommandLine.Name} {HoldGuard.Verb}: {failure.Message}");
            return CommandLine.Failed;
        }
    }

    // Behind its numbers there may be why the runtime is not to be asked.
    private static int Walked(ReadOnlySpan<string> arguments)
        => arguments.Length is WalkHandles.Count or WalkHandles.Count + 1 && Numbers(arguments[..WalkHandles.Count]) is { } numbers
            ? Managed.WalkProcess.Run(WalkHandles.Of(numbers), arguments.Length > WalkHandles.Count ? arguments[^1] : null)
            : NotForPeople(Walk.WalkProcess.Verb);

    private static int NotForPeople(string verb)
    {
        Console.Error.WriteLine($"{CommandLine.Name}: '{verb}' is for handlers, which start it with handles of theirs. See '{CommandLine.Name} --help'.");
        return CommandLine.WrongUsage;
    }

    private static int[]? Numbers(ReadOnlySpan<string> arguments)
    {
        int[] numbers = new int[arguments.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return numbers;
    }
}
