namespace CrashHandler.Handler.Stacks;

/// <summary>An image in the process.</summary>
/// <param name="Path">Absolute, as the process sees it; the vdso is <c>linux-gate.so</c>.</param>
/// <param name="Address">Of its header.</param>
/// <param name="Size">Bytes from there to the end of its last segment.</param>
/// <param name="BuildId">NT_GNU_BUILD_ID; empty: it has none.</param>
/// <param name="IsElf">False: PE; on Linux an assembly, on Windows every image.</param>
internal sealed record WalkModule(string Path, ulong Address, ulong Size, byte[] BuildId, bool IsElf)
{
    /// <summary>Address behind its last byte.</summary>
    public ulong End => Address + Size;
}
