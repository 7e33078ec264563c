namespace CrashHandler.Handler.Capture.Linux;

/// <summary>One range to read out of a process.</summary>
/// <param name="address">Address of the first byte.</param>
/// <param name="length">How many bytes are wanted.</param>
internal sealed class MemoryRead(ulong address, int length)
{
    public ulong Address { get; } = address;

    /// <summary>How many bytes are wanted.</summary>
    public int Length { get; } = length;

    /// <summary>Where they go: as long as the range; empty before it is read, and where there was no room for it.</summary>
    public Memory<byte> Buffer { get; set; }

    /// <summary>How many bytes were read, from the first on.</summary>
    public int Count { get; set; }

    public ReadOnlySpan<byte> Bytes => Buffer.Span[..Count];

    public bool IsWhole => Count == Length;

    /// <summary>What was read; null if nothing was.</summary>
    public MemorySnapshot? ToSnapshot() => Count == 0 ? null : new MemorySnapshot(Address, Buffer[..Count]);
}
