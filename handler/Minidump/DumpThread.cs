using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>A thread in a minidump.</summary>
internal sealed record DumpThread
{
    public required uint Id { get; init; }

    /// <summary>Its name, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>On Linux the thread pointer.</summary>
    public required ulong Teb { get; init; }

    /// <summary>Its stack; of size 0 when there is none.</summary>
    public required DumpMemoryRange Stack { get; init; }

    /// <summary>Bytes of its context, of whatever CPU; 0: none.</summary>
    public required uint ContextSize { get; init; }

    /// <summary>Its registers; null when there are none, or when they are of another CPU.</summary>
    public Amd64Context? Context { get; init; }

    /// <summary>Its life; null: the dump does not say, as of Linux.</summary>
    public DumpThreadTimes? Times { get; init; }
}
