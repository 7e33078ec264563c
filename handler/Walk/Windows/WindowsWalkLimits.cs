namespace CrashHandler.Handler.Walk;

/// <summary>Limits of a walk on Windows where they are not those of <see cref="Stacks.StacksLimits"/>, with unit and reason.</summary>
internal static class WindowsWalkLimits
{
    /// <summary>
    /// How long a walk may take while a process dies: it compiles what it runs, a second of processor time, and was seen to take 6 s where many programs wanted two processors. With
    /// <see cref="SecondOfDeath"/> and the dump's <see cref="Capture.Windows.WindowsDumpLimits.Writing"/> less than a process is held still at most.
    /// </summary>
    public static readonly TimeSpan OfDeath = TimeSpan.FromSeconds(15);

    /// <summary>The same for a process that goes on living, which stood still for its dump, a second and more.</summary>
    public static readonly TimeSpan OfDemand = TimeSpan.FromSeconds(5);

    /// <summary>How long a second walk may take, which does not ask the runtime, when a process dies and the first one failed: it has to begin as well.</summary>
    public static readonly TimeSpan SecondOfDeath = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that the walk process may commit: of <see cref="Stacks.StacksLimits.WalkDataBytes"/> for itself, and its runtime's own, which is compiled code here.</summary>
    public const ulong CommittedBytes = Stacks.StacksLimits.WalkDataBytes + (128 << 20);
}
