namespace CrashHandler.Victims.Deaths;

/// <summary>Numbers of signals on Linux (signal(7)).</summary>
internal static class Signals
{
    public const int Trap = 5;
    public const int FloatingPoint = 8;
}
