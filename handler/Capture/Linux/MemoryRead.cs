namespace CrashHandler.Handler.Capture.Linux;

/// <summary>One range to read out of a process.</summary>
/// <param name="address">Address of the first byte.</param>
/// <param name="length">How many bytes are wanted.</param>
internal sealed class MemoryRead(ulong address, int length)
{
    public ulong Address { get; } = address;

    /// <summary>As long as the range.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(length);

    /// <summary>How many bytes were read, from the first on.</summary>
    public int Count { get; set; }

    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Count);

    public bool IsWhole => Count == Buffer.Length;

    /// <summary>What was read; null if nothing was.</summary>
    public MemorySnapshot? ToSnapshot() => Count switch
    {
        0 => null,
        _ => new MemorySnapshot(Address, IsWhole ? Buffer : Bytes.ToArray()),
    };
}
