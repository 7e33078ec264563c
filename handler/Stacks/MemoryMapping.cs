namespace CrashHandler.Handler.Stacks;

/// <summary>One line of /proc/PID/maps.</summary>
internal readonly record struct MemoryMapping
{
    public required ulong Start { get; init; }
    public required ulong End { get; init; }
    public required bool Readable { get; init; }
    public bool Writable { get; init; }
    public required bool Executable { get; init; }

    /// <summary>What is written there others see: a MAP_SHARED mapping.</summary>
    public bool Shared { get; init; }

    /// <summary>Offset in the file, bytes.</summary>
    public required ulong Offset { get; init; }

    /// <summary>Major number in the upper, minor in the lower half.</summary>
    public required ulong Device { get; init; }

    /// <summary>0 for anonymous memory.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Path without " (deleted)", a name in brackets, or empty.</summary>
    public required string Path { get; init; }

    /// <summary>The file was unlinked.</summary>
    public required bool Deleted { get; init; }

    public bool Contains(ulong address) => Start <= address && address < End;

    /// <summary>Both show the same file, or are anonymous memory of the same name.</summary>
    public bool SameSource(in MemoryMapping other) => Device == other.Device && Inode == other.Inode && Path == other.Path;
}
