namespace CrashHandler.Tests.Table;

/// <summary>Every limit of the table.</summary>
internal static class TableLimits
{
    /// <summary>Cells at once: as many as a small machine has cores.</summary>
    public const int Parallel = 2;

    /// <summary>Bytes from a thread's first frames to the end of its stack: 8 MiB is what a main thread has.</summary>
    public const ulong StackBytes = 16 * 1024 * 1024;

    /// <summary>Bytes from address 0 in which .NET takes a fault for a null reference, on the smallest of the runtimes.</summary>
    public const ulong NullBytes = 4_096;

    /// <summary>Exceptions caught in the everyday table; build/soak has more.</summary>
    public const int Nulls = 1_000;

    /// <inheritdoc cref="Nulls"/>
    public const int Divisions = 100;
}
