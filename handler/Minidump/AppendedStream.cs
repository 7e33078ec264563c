using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// One more stream for a dump that is whole: its bytes behind the end, then its entry. That takes the place of an unused one, where the directory has one
/// (<see cref="CompletedDump"/>); else it comes behind the last one, where <see cref="MinidumpLayout"/> leaves room, and the number of streams last. Whoever is killed in
/// between leaves the dump as it was, with bytes behind it that nothing refers to.
/// </summary>
internal static class AppendedStream
{
    private const int CountOffset = 8;
    private const string Name = "(the dump)";
    private const string NotOurs = "a stream is added only to a minidump that was written here";

    /// <summary>Adds it.</summary>
    /// <param name="dump">The dump, which is written; not synced.</param>
    /// <param name="type">Its type, of which the dump has none.</param>
    /// <param name="bytes">What it holds.</param>
    /// <param name="passed">Called after each write but the last.</param>
    /// <returns>Bytes of the dump now.</returns>
    /// <exception cref="InvalidDataException">It is no dump of ours, or has no room for another stream.</exception>
    /// <exception cref="SyscallException">It cannot be written; it is as it was.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static long Append(SafeFileHandle dump, MinidumpStreamType type, ReadOnlySpan<byte> bytes, Action? passed = null)
    {
        MinidumpHeader header = default;
        if (RandomAccess.Read(dump, MemoryMarshal.AsBytes(new Span<MinidumpHeader>(ref header)), 0) != MinidumpHeader.Size || header.Signature != MinidumpHeader.ExpectedSignature)
        {
            throw new InvalidDataException(NotOurs);
        }

        long? unused = FindUnused(dump, header);
        if (unused is null && header.StreamDirectoryRva != MinidumpHeader.Size)
        {
            throw new InvalidDataException(NotOurs);
        }

        long end = RandomAccess.GetLength(dump);
        long start = (end + MinidumpLayout.BlockAlignment - 1) & -MinidumpLayout.BlockAlignment;
        if ((unused is null && header.NumberOfStreams >= MinidumpLimits.MaxStreamsWritten) || (ulong)(start + bytes.Length) > MinidumpLimits.MaxFileBytes)
        {
            throw new InvalidDataException($"a minidump of {header.NumberOfStreams} streams and {end} bytes has no room for one more of {bytes.Length} bytes");
        }

        MinidumpDirectory entry = new()
        {
            StreamType = type,
            Location = new MinidumpLocationDescriptor { DataSize = (uint)bytes.Length, Rva = (uint)start },
        };
        uint count = header.NumberOfStreams + 1;
        try
        {
            WholeWrite.At(dump, bytes, start, Name);
            passed?.Invoke();
            WholeWrite.At(dump, MemoryMarshal.AsBytes(new ReadOnlySpan<MinidumpDirectory>(in entry)), unused ?? MinidumpHeader.Size + (header.NumberOfStreams * MinidumpDirectory.Size), Name);
            if (unused is null)
            {
                passed?.Invoke();
                WholeWrite.At(dump, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in count)), CountOffset, Name);
            }

            return start + bytes.Length;
        }
        catch (SyscallException)
        {
            RandomAccess.SetLength(dump, end);
            throw;
        }
    }

    private static long? FindUnused(SafeFileHandle dump, in MinidumpHeader header)
    {
        MinidumpDirectory[] directory = new MinidumpDirectory[Math.Min(header.NumberOfStreams, MinidumpLimits.MaxStreamsCompleted)];
        Span<byte> bytes = MemoryMarshal.AsBytes(directory.AsSpan());
        if (RandomAccess.Read(dump, bytes, header.StreamDirectoryRva) != bytes.Length)
        {
            throw new InvalidDataException(NotOurs);
        }

        int index = Array.FindIndex(directory, entry => entry.StreamType == MinidumpStreamType.Unused);
        return index < 0 ? null : header.StreamDirectoryRva + ((long)index * MinidumpDirectory.Size);
    }
}
