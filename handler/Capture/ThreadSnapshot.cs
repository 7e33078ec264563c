using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture;

/// <summary>One thread.</summary>
internal sealed record ThreadSnapshot
{
    /// <summary>Tid as the process sees it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>Name of at most 15 bytes, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Registers; null when they could not be read.</summary>
    public required Amd64Registers? Registers { get; init; }

    /// <summary>The stack from its pointer upwards; null when it could not be read.</summary>
    public required MemorySnapshot? Stack { get; init; }
}
