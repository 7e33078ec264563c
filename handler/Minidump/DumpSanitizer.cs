using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// Takes out of a dump that the system wrote what a sanitized one of ours has not (<see cref="StackSanitizer"/>), in the file itself, before any of it goes elsewhere: stacks and registers are judged
/// word by word, and of the rest of the memory only code stays.
/// </summary>
internal sealed class DumpSanitizer
{
    // Any smaller piece of code has its neighbours in the same page.
    private const ulong PageBytes = 4_096;

    private const int ChunkBytes = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly WrittenDump _dump;
    private readonly Predicate<ulong> _isCode;
    private readonly Dictionary<uint, MinidumpMemoryDescriptor> _stacks = [];

    private DumpSanitizer(SafeFileHandle file, Predicate<ulong> isCode)
    {
        _file = file;
        _dump = new WrittenDump(file);
        _isCode = isCode;
    }

    /// <summary>Does it.</summary>
    /// <param name="file">The dump, to read and write.</param>
    /// <param name="isCode">Whether an address of the process is in code.</param>
    /// <exception cref="InvalidDataException">It is no dump, or has memory that is not looked at: it must not be kept.</exception>
    /// <exception cref="IOException">It cannot be read or written; likewise.</exception>
    public static void Sanitize(SafeFileHandle file, Predicate<ulong> isCode) => new DumpSanitizer(file, isCode).Sanitize();

    private void Sanitize()
    {
        if (_dump.Find(MinidumpStreamType.Memory64List).DataSize != 0)
        {
            throw new InvalidDataException("the dump that the system wrote has memory of the whole process, and cannot be sanitized");
        }

        HashSet<uint> kept = [];
        foreach (MinidumpThread thread in _dump.List<MinidumpThread>(MinidumpStreamType.ThreadList))
        {
            _stacks[thread.ThreadId] = thread.Stack;
            ulong stackPointer = Context(thread.ThreadContext, thread.Stack)?.Rsp ?? ulong.MaxValue;
            if (thread.Stack.Memory.DataSize > 0 && kept.Add(thread.Stack.Memory.Rva))
            {
                Stack(thread.Stack, stackPointer);
            }
        }

        if (_dump.Find(MinidumpStreamType.Exception) is { DataSize: >= MinidumpExceptionStream.Size } exception)
        {
            MinidumpExceptionStream record = _dump.Read<MinidumpExceptionStream>(exception.Rva, 1)[0];
            _ = Context(record.ThreadContext, _stacks.GetValueOrDefault(record.ThreadId));
        }

        Memory(kept);
    }

    private void Stack(MinidumpMemoryDescriptor stack, ulong stackPointer)
    {
        if (stack.Memory.DataSize > MinidumpLimits.MaxRegionBytes)
        {
            throw new InvalidDataException($"a stack in the dump that the system wrote has {stack.Memory.DataSize} bytes, and cannot be sanitized (limit {MinidumpLimits.MaxRegionBytes})");
        }

        byte[] bytes = _dump.Read<byte>(stack.Memory.Rva, stack.Memory.DataSize);
        StackSanitizer.Stack(bytes, stack.StartOfMemoryRange, stackPointer, _isCode);
        RandomAccess.Write(_file, bytes, stack.Memory.Rva);
    }

    /// <summary>What is no context of x86-64, or behind one (XSTATE: vector registers), is zeroed.</summary>
    /// <returns>The registers as they were; null: there are none.</returns>
    private Amd64Registers? Context(MinidumpLocationDescriptor location, MinidumpMemoryDescriptor stack)
    {
        if (location.DataSize == 0)
        {
            return null;
        }

        byte[] clean = new byte[_dump.Read<byte>(location.Rva, location.DataSize).Length];
        Amd64Registers? registers = null;
        if (clean.Length >= Amd64Context.Size)
        {
            Amd64Context context = _dump.Read<Amd64Context>(location.Rva, 1)[0];
            XmmSaveArea32 floats = context.FltSave;
            registers = context.ToRegisters() with { FxSave = ((ReadOnlySpan<byte>)floats).ToArray() };
            MemoryMarshal.Write(clean, Amd64Context.Of(StackSanitizer.Registers(registers, stack.StartOfMemoryRange, stack.StartOfMemoryRange + stack.Memory.DataSize, _isCode)));
        }

        RandomAccess.Write(_file, clean, location.Rva);
        return registers;
    }

    /// <summary>Of memory that is neither a stack nor code, neither the bytes stay nor what refers to them.</summary>
    private void Memory(HashSet<uint> stacks)
    {
        MinidumpLocationDescriptor location = _dump.Find(MinidumpStreamType.MemoryList);
        MinidumpMemoryDescriptor[] ranges = _dump.List<MinidumpMemoryDescriptor>(MinidumpStreamType.MemoryList);
        if (ranges.Length == 0)
        {
            // One that is too long to be looked at is not even that.
            _ = location.DataSize <= MinidumpLimits.MaxListBytes ? 0 : throw new InvalidDataException($"the dump that the system wrote has {location.DataSize} bytes of ranges of memory, and cannot be sanitized");
            return;
        }

        List<MinidumpMemoryDescriptor> kept = [];
        foreach (MinidumpMemoryDescriptor range in ranges)
        {
            if (stacks.Contains(range.Memory.Rva) || IsCode(range))
            {
                kept.Add(range);
            }
            else
            {
                Clear(range.Memory.Rva, range.Memory.DataSize);
            }
        }

        // As WrittenDump.List has it.
        uint records = location.DataSize == (2 * sizeof(uint)) + (uint)(ranges.Length * MinidumpMemoryDescriptor.Size) ? 2u * sizeof(uint) : sizeof(uint);
        Clear(location.Rva, location.DataSize);
        RandomAccess.Write(_file, BitConverter.GetBytes(kept.Count), location.Rva);
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(kept)), location.Rva + records);
        Shorten(MinidumpStreamType.MemoryList, records + (uint)(kept.Count * MinidumpMemoryDescriptor.Size));
    }

    private bool IsCode(MinidumpMemoryDescriptor range)
    {
        ulong end = range.StartOfMemoryRange + range.Memory.DataSize;
        for (ulong address = range.StartOfMemoryRange; address < end; address = (address | (PageBytes - 1)) + 1)
        {
            if (!_isCode(address))
            {
                return false;
            }
        }

        return true;
    }

    private void Shorten(MinidumpStreamType type, uint bytes)
    {
        MinidumpDirectory[] directory = _dump.Read<MinidumpDirectory>(_dump.Header.StreamDirectoryRva, _dump.Header.NumberOfStreams);
        int index = Array.FindIndex(directory, entry => entry.StreamType == type);
        directory[index] = directory[index] with { Location = directory[index].Location with { DataSize = bytes } };
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(directory), _dump.Header.StreamDirectoryRva);
    }

    private void Clear(uint rva, uint bytes)
    {
        // Not beyond the end of the file, which a descriptor may say.
        long end = Math.Min(_dump.Length, rva + (long)bytes);
        byte[] zeros = new byte[Math.Max(0, Math.Min(ChunkBytes, end - rva))];
        for (long at = rva; at < end; at += zeros.Length)
        {
            RandomAccess.Write(_file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - at)), at);
        }
    }
}
