using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>Two tasks that fail, awaited together.</summary>
internal static class Aggregates
{
    public static void Run() => Task.WaitAll(Task.Run(First), Task.Run(Second)); // line: aggregate

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void First() => throw new FormatException("the first one"); // line: aggregate-first

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Second() => Deaths.Throw(); // line: aggregate-second
}
