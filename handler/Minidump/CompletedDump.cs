using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// A dump that the system wrote (<c>MiniDumpWriteDump</c>), completed to one of ours: CrashpadInfo and the soft errors behind it, then a directory of all its streams
/// with an unused entry, which <see cref="AppendedStream"/> takes. What was written stays where it is, as its RVAs say. The signature is written last: a copy that
/// was not finished is no minidump, whereas dbghelp begins with it.
/// </summary>
internal sealed class CompletedDump
{
    private const int CopyBytes = 64 * 1024;

    // CONTEXT.ContextFlags of x86-64, and of them what says how the context came about (winnt.h: CONTEXT_EXCEPTION_ACTIVE and up) instead of what is in it.
    private const int ContextFlagsOffset = 48;
    private const uint ContextOrigin = 0xF8000000;

    private readonly WrittenDump _written;
    private readonly MinidumpHeader _header;
    private readonly byte[] _added;
    private readonly List<SoftError> _softErrors;
    private readonly (long Offset, uint Flags)? _contextFlags;

    private CompletedDump(WrittenDump written, MinidumpAnnotations annotations, IEnumerable<SoftError> softErrors)
    {
        _written = written;
        _softErrors = [.. softErrors];
        MinidumpThread[] threads = written.List<MinidumpThread>(MinidumpStreamType.ThreadList);
        List<MinidumpDirectory> directory = [.. written.Streams];
        MinidumpLayout layout = new((ulong)written.Length);
        CrashpadInfoWriter.Add(layout, annotations, _softErrors);
        TidyMemory(layout, directory, threads);
        TidyModules(directory);
        _contextFlags = TidyContext();
        SoftErrorWriter.Add(layout, _softErrors);
        directory.AddRange(layout.Streams);
        directory.Add(default);
        MinidumpLocationDescriptor place = layout.Add(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(directory)).ToArray());
        _header = written.Header with { Signature = 0, NumberOfStreams = (uint)directory.Count, StreamDirectoryRva = place.Rva };
        _added = layout.ToArray();
        Threads = threads.Length;
    }

    /// <summary>Bytes of the dump.</summary>
    public long Length => _written.Length + _added.Length;

    /// <summary>Threads in it.</summary>
    public int Threads { get; }

    /// <summary>Everything that the dump lacks: what was said before, and what was cut here.</summary>
    public IReadOnlyList<SoftError> SoftErrors => _softErrors;

    /// <summary>Gives everything its place.</summary>
    /// <param name="written">The dump as the system wrote it; read again by <see cref="WriteTo"/>.</param>
    /// <param name="annotations">What CrashpadInfo says.</param>
    /// <param name="softErrors">What could not be had.</param>
    /// <exception cref="InvalidDataException">A list of it ends outside the file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CompletedDump LayOut(WrittenDump written, MinidumpAnnotations annotations, IEnumerable<SoftError> softErrors) => new(written, annotations, softErrors);

    /// <summary>Writes the dump from the stream's position on, its signature last. Not flushed.</summary>
    /// <param name="destination">A stream that can seek.</param>
    /// <exception cref="IOException">What was written cannot be read, or the destination cannot be written.</exception>
    public void WriteTo(Stream destination)
    {
        long origin = destination.Position;
        byte[] buffer = new byte[CopyBytes];
        for (long done = 0; done < _written.Length;)
        {
            int count = _written.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _written.Length - done)), done);
            if (count == 0)
            {
                throw new IOException($"the dump that the system wrote ends at {done} of {_written.Length} bytes");
            }

            if (done == 0)
            {
                MemoryMarshal.Write(buffer, _header);
            }

            destination.Write(buffer, 0, count);
            done += count;
        }

        destination.Write(_added);
        long end = destination.Position;
        if (_contextFlags is { } context)
        {
            destination.Position = origin + context.Offset;
            destination.Write(BitConverter.GetBytes(context.Flags));
        }

        destination.Position = origin;
        destination.Write("MDMP"u8);
        destination.Position = end;
    }

    /// <summary>
    /// Breakpad drops a whole list of more than <see cref="MinidumpLimits.MaxRegions"/> ranges, and one whose ranges overlap, as Wine's do: the threads' stacks stay in it, and of the rest
    /// what is longest. The others' bytes stay where they are, and nothing refers to them.
    /// </summary>
    private void TidyMemory(MinidumpLayout layout, List<MinidumpDirectory> directory, MinidumpThread[] threads)
    {
        MinidumpMemoryDescriptor[] ranges = _written.List<MinidumpMemoryDescriptor>(MinidumpStreamType.MemoryList);
        if (ranges.Length <= MinidumpLimits.MaxRegions && !Overlap(ranges))
        {
            return;
        }

        HashSet<uint> stacks = [.. threads.Select(thread => thread.Stack.Memory.Rva)];
        DisjointRanges taken = new();
        List<MinidumpMemoryDescriptor> kept = [];
        foreach (MinidumpMemoryDescriptor range in ranges.OrderByDescending(range => stacks.Contains(range.Memory.Rva)).ThenByDescending(range => range.Memory.DataSize))
        {
            if (kept.Count < MinidumpLimits.MaxRegions && taken.TryTake(range.StartOfMemoryRange, range.StartOfMemoryRange + range.Memory.DataSize))
            {
                kept.Add(range);
            }
        }

        kept.Sort((a, b) => a.StartOfMemoryRange.CompareTo(b.StartOfMemoryRange));
        directory.RemoveAll(entry => entry.StreamType == MinidumpStreamType.MemoryList);
        layout.AddStream(MinidumpStreamType.MemoryList, layout.AddList<MinidumpMemoryDescriptor>(CollectionsMarshal.AsSpan(kept)));
        _softErrors.Add(new SoftError("MemoryList", $"{ranges.Length - kept.Count} ranges", $"limit of {MinidumpLimits.MaxRegions} ranges, or inside of others"));
    }

    /// <summary>Wine's list of modules has room for those that were left out; Breakpad drops a list that is longer than it says.</summary>
    private void TidyModules(List<MinidumpDirectory> directory)
    {
        int index = directory.FindIndex(entry => entry.StreamType == MinidumpStreamType.ModuleList);
        uint size = (uint)(sizeof(uint) + (_written.List<MinidumpModule>(MinidumpStreamType.ModuleList).Length * MinidumpModule.Size));
        // Four bytes more are those of dbghelp's own alignment.
        if (index >= 0 && directory[index].Location.DataSize > size + sizeof(uint))
        {
            directory[index] = directory[index] with { Location = directory[index].Location with { DataSize = size } };
        }
    }

    /// <summary>Breakpad takes the exception's registers for another processor's where their flags have more than what is in them, as Wine's do.</summary>
    private (long Offset, uint Flags)? TidyContext()
    {
        if (_written.Find(MinidumpStreamType.Exception) is not { DataSize: >= MinidumpExceptionStream.Size } exception
            || _written.Read<MinidumpExceptionStream>(exception.Rva, 1)[0].ThreadContext is not { DataSize: > ContextFlagsOffset + sizeof(uint) } context)
        {
            return null;
        }

        long offset = context.Rva + (long)ContextFlagsOffset;
        return (offset, _written.Read<uint>(offset, 1)[0] & ~ContextOrigin);
    }

    private static bool Overlap(MinidumpMemoryDescriptor[] ranges)
    {
        ulong end = 0;
        foreach (MinidumpMemoryDescriptor range in ranges.OrderBy(range => range.StartOfMemoryRange))
        {
            if (range.StartOfMemoryRange < end)
            {
                return true;
            }

            end = range.StartOfMemoryRange + range.Memory.DataSize;
        }

        return false;
    }
}
