using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// A minidump before it is a file: pieces with their places. A piece gets its place when it is added, so what is referred to
/// is added before what refers to it. Nothing is written before everything has a place.
/// </summary>
/// <param name="start">Where the first piece begins: behind a directory with all its room, or behind another dump.</param>
internal sealed class MinidumpLayout(ulong start = MinidumpLayout.BehindDirectory)
{
    private const ulong BehindDirectory = MinidumpHeader.Size + (MinidumpLimits.MaxStreamsWritten * MinidumpDirectory.Size);

    /// <summary>Alignment of records.</summary>
    private const int RecordAlignment = 4;

    /// <summary>Alignment of contexts and memory.</summary>
    public const int BlockAlignment = 16;

    /// <summary>Bytes gathered for one write, less than makes a large object of it; a piece of this size or more is written from where it lies.</summary>
    private const int WriteSize = 64 * 1024;

    // Kept: a capture's thread writes one dump after the other when many processes die at once.
    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly List<(uint Rva, int Length, ReadOnlyMemory<byte> Bytes, Action<Span<byte>>? Render)> _pieces = [];
    private readonly List<MinidumpDirectory> _streams = [];
    private readonly ulong _start = start;

    /// <summary>Where the next piece begins, before alignment.</summary>
    public ulong End { get; private set; } = start;

    /// <summary>The streams, in the order in which they were added.</summary>
    public IReadOnlyList<MinidumpDirectory> Streams => _streams;

    /// <summary>Gives bytes a place. They may be changed until <see cref="WriteTo"/>.</summary>
    /// <exception cref="InvalidOperationException">The file would pass <see cref="MinidumpLimits.MaxFileBytes"/>.</exception>
    public MinidumpLocationDescriptor Add(ReadOnlyMemory<byte> bytes, int alignment = RecordAlignment) => Add(bytes.Length, bytes, null, alignment);

    /// <summary>Gives bytes a place that are made when they are written; thousands of contexts need not all be there at once.</summary>
    /// <param name="length">How many; at most <see cref="WriteSize"/>.</param>
    /// <param name="render">Makes them.</param>
    /// <param name="alignment">Of their place.</param>
    /// <exception cref="InvalidOperationException">The file would pass <see cref="MinidumpLimits.MaxFileBytes"/>.</exception>
    public MinidumpLocationDescriptor Add(int length, Action<Span<byte>> render, int alignment) => Add(length, default, render, alignment);

    /// <summary>Adds one record.</summary>
    public MinidumpLocationDescriptor Add<T>(in T record, int alignment = RecordAlignment)
        where T : unmanaged
        => Add(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)).ToArray(), alignment);

    /// <summary>Adds a list: a u32 count, then the records.</summary>
    public MinidumpLocationDescriptor AddList<T>(ReadOnlySpan<T> records)
        where T : unmanaged
    {
        ReadOnlySpan<byte> body = MemoryMarshal.AsBytes(records);
        byte[] bytes = new byte[sizeof(uint) + body.Length];
        MemoryMarshal.Write(bytes, (uint)records.Length);
        body.CopyTo(bytes.AsSpan(sizeof(uint)));
        return Add(bytes);
    }

    /// <summary>Adds a list that begins with a header of its own, which says how many records follow.</summary>
    public MinidumpLocationDescriptor AddList<THeader, T>(in THeader header, ReadOnlySpan<T> records)
        where THeader : unmanaged
        where T : unmanaged
    {
        ReadOnlySpan<byte> head = MemoryMarshal.AsBytes(new ReadOnlySpan<THeader>(in header));
        ReadOnlySpan<byte> body = MemoryMarshal.AsBytes(records);
        return Add((byte[])[.. head, .. body]);
    }

    /// <summary>Names a piece as a stream.</summary>
    /// <exception cref="InvalidOperationException">There is one of this type, or the directory is full.</exception>
    public void AddStream(MinidumpStreamType type, MinidumpLocationDescriptor location)
    {
        if (_streams.Count == MinidumpLimits.MaxStreamsWritten - MinidumpLimits.StreamsAppended || _streams.Exists(stream => stream.StreamType == type))
        {
            throw new InvalidOperationException($"stream {type} is there already, or the directory is full");
        }

        _streams.Add(new MinidumpDirectory { StreamType = type, Location = location });
    }

    /// <summary>Writes everything from the stream's position on; the header's signature last, so that half a dump never looks like one. Not flushed.</summary>
    /// <param name="destination">A stream that can seek.</param>
    /// <param name="timeDateStamp">Seconds since 1970.</param>
    /// <param name="flags">MINIDUMP_TYPE, as the header has it.</param>
    public void WriteTo(Stream destination, uint timeDateStamp, ulong flags = 0)
    {
        long origin = destination.Position;
        MinidumpHeader header = new()
        {
            Version = MinidumpHeader.ExpectedVersion,
            NumberOfStreams = (uint)_streams.Count,
            StreamDirectoryRva = MinidumpHeader.Size,
            TimeDateStamp = timeDateStamp,
            Flags = flags,
        };

        byte[] buffer = t_buffer ??= new byte[WriteSize];
        int used = 0;
        ulong position = 0;
        Append(MemoryMarshal.AsBytes(new ReadOnlySpan<MinidumpHeader>(in header)));
        Append(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_streams)));
        foreach ((uint rva, int length, ReadOnlyMemory<byte> bytes, Action<Span<byte>>? render) in _pieces)
        {
            while (position < rva)
            {
                Append(Padding[..(int)Math.Min((ulong)Padding.Length, rva - position)]);
            }

            if (render is null)
            {
                Append(bytes.Span);
            }
            else
            {
                MakeRoom(length);
                render(buffer.AsSpan(used, length));
                used += length;
                position += (ulong)length;
            }
        }

        destination.Write(buffer, 0, used);
        destination.Position = origin;
        destination.Write(Signature);
        destination.Position = origin + (long)position;

        void Append(ReadOnlySpan<byte> bytes)
        {
            position += (ulong)bytes.Length;
            MakeRoom(bytes.Length);
            if (bytes.Length >= buffer.Length)
            {
                destination.Write(bytes);
                return;
            }

            bytes.CopyTo(buffer.AsSpan(used));
            used += bytes.Length;
        }

        void MakeRoom(int length)
        {
            if (used + length > buffer.Length)
            {
                destination.Write(buffer, 0, used);
                used = 0;
            }
        }
    }

    /// <summary>The pieces alone, from the first one's place to <see cref="End"/>: for a dump that others began.</summary>
    public byte[] ToArray()
    {
        byte[] all = new byte[End - _start];
        foreach ((uint rva, int length, ReadOnlyMemory<byte> bytes, Action<Span<byte>>? render) in _pieces)
        {
            Span<byte> place = all.AsSpan((int)(rva - _start), length);
            if (render is null)
            {
                bytes.Span.CopyTo(place);
            }
            else
            {
                render(place);
            }
        }

        return all;
    }

    private MinidumpLocationDescriptor Add(int length, ReadOnlyMemory<byte> bytes, Action<Span<byte>>? render, int alignment)
    {
        ulong place = (End + (ulong)alignment - 1) & ~((ulong)alignment - 1);
        ulong end = place + (ulong)length;
        if (end > MinidumpLimits.MaxFileBytes)
        {
            throw new InvalidOperationException($"a minidump ends at {MinidumpLimits.MaxFileBytes} bytes; a piece of {length} bytes does not fit behind {End}");
        }

        End = end;
        _pieces.Add(((uint)place, length, bytes, render));
        return new MinidumpLocationDescriptor { DataSize = (uint)length, Rva = (uint)place };
    }

    private static ReadOnlySpan<byte> Signature => "MDMP"u8;

    private static ReadOnlySpan<byte> Padding =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
