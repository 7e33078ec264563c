namespace CrashHandler.Handler.Minidump;

/// <summary>A module in a minidump.</summary>
internal sealed record DumpModule
{
    public required ulong Address { get; init; }
    public required uint Size { get; init; }

    /// <summary>Path of the file as the process saw it.</summary>
    public string Path { get; init; } = "";

    /// <summary>Four numbers, or empty.</summary>
    public string Version { get; init; } = "";

    /// <summary>What a symbol server calls the code: the build id, or stamp and size of a PE file; or empty.</summary>
    public string CodeId { get; init; } = "";

    /// <summary>What a symbol server calls the symbols: 32 hexadecimal digits and the age; or empty.</summary>
    public string DebugId { get; init; } = "";

    /// <summary>Name of the file with the symbols, or empty.</summary>
    public string DebugFile { get; init; } = "";

    /// <summary>Last part of the path, whichever system it is of.</summary>
    public string FileName => Path[(Path.LastIndexOfAny(['/', '\\']) + 1)..];

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < Size;
}
