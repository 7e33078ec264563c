namespace CrashHandler.Handler.Capture;

/// <summary>A piece of a process's memory.</summary>
/// <param name="Address">Address of the first byte.</param>
/// <param name="Bytes">The bytes; never empty.</param>
internal sealed record MemorySnapshot(ulong Address, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Address behind the last byte.</summary>
    public ulong End => Address + (ulong)Bytes.Length;
}
