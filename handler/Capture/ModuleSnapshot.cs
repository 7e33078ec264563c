namespace CrashHandler.Handler.Capture;

/// <summary>One image in a process: ELF, or PE.</summary>
internal sealed record ModuleSnapshot
{
    /// <summary>Absolute path as the process sees it, without " (deleted)"; the vdso is <c>linux-gate.so</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Address of the image's header.</summary>
    public required ulong Address { get; init; }

    /// <summary>Bytes from there to the end of the last segment, rounded to pages; of a PE image its SizeOfImage.</summary>
    public required ulong Size { get; init; }

    /// <summary>NT_GNU_BUILD_ID, or empty.</summary>
    public required byte[] BuildId { get; init; }

    /// <summary>What only a PE image has; null for ELF.</summary>
    public PeModuleSnapshot? Pe { get; init; }
}
