namespace CrashHandler.Handler.Stacks.Native;

/// <summary>An FDE of <c>.eh_frame</c>: how to unwind one stretch of code.</summary>
/// <param name="Common">What it shares with others.</param>
/// <param name="Start">Address of its first instruction.</param>
/// <param name="Length">Bytes of code.</param>
/// <param name="Instructions">Its own.</param>
internal sealed record FrameDescriptionEntry(CommonInformationEntry Common, ulong Start, ulong Length, byte[] Instructions)
{
    /// <summary>Whether it is about an address.</summary>
    public bool Contains(ulong address) => address - Start < Length;

    /// <summary>Reads one.</summary>
    /// <param name="common">Its CIE.</param>
    /// <param name="bytes">What follows the CIE's pointer.</param>
    /// <param name="address">Where that is.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static FrameDescriptionEntry Read(CommonInformationEntry common, ReadOnlySpan<byte> bytes, ulong address)
    {
        DwarfReader reader = new(bytes, address);
        ulong start = reader.Pointer(common.PointerEncoding);
        ulong length = reader.Pointer((byte)(common.PointerEncoding & PointerEncoding.FormatMask));
        if (common.HasAugmentationData)
        {
            reader.Take(reader.Unsigned());
        }

        return new FrameDescriptionEntry(common, start, length, reader.Rest().ToArray());
    }
}
