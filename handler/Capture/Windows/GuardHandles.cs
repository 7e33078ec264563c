using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>What a guard is started with, and knows of the world: handles.</summary>
/// <param name="Victim">The process that is held, to be suspended and resumed and waited for.</param>
/// <param name="Handler">The one that holds it, to be waited for.</param>
/// <param name="Standing">An event that the guard signals: it stands by.</param>
/// <param name="Done">An event that the handler signals: the process is let go.</param>
/// <param name="Suspensions">How often the process is suspended: a semaphore.</param>
internal readonly record struct GuardHandles(int Victim, int Handler, int Standing, int Done, int Suspensions)
{
    /// <summary>How many.</summary>
    public const int Count = 5;

    /// <summary>In this order.</summary>
    public static GuardHandles Of(ReadOnlySpan<int> numbers) => new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);

    /// <summary>In the same order.</summary>
    public int[] Numbers() => [Victim, Handler, Standing, Done, Suspensions];
}
