using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// A dump that the system wrote, made anew without what a sanitized one of ours has not (<see cref="StackSanitizer"/>). Anew, because only the system knows what all it has put where, and what the
/// runtime's debugging library added: what is not known to hold nothing of the process's memory is not taken over. Of memory there are the stacks and the code at the
/// threads' instruction pointers.
/// </summary>
internal sealed class SanitizedDump
{
    private const ulong PageBytes = 4_096;

    /// <summary>Streams without anything of memory, or an RVA.</summary>
    private static readonly MinidumpStreamType[] s_plain =
    [
        MinidumpStreamType.MiscInfo, MinidumpStreamType.MemoryInfoList, MinidumpStreamType.ThreadInfoList, MinidumpStreamType.SystemMemoryInfo, MinidumpStreamType.ProcessVmCounters,
    ];

    private readonly WrittenDump _dump;
    private readonly Predicate<ulong> _isCode;
    private readonly SoftErrorList _softErrors;
    private readonly MemoryRanges _ranges;
    private readonly MinidumpLayout _layout = new();
    private readonly List<MinidumpMemoryDescriptor> _memory = [];
    private readonly DisjointRanges _taken = new();
    private ulong _room = CaptureLimits.OtherStacksBytes;

    private SanitizedDump(WrittenDump dump, Predicate<ulong> isCode, SoftErrorList softErrors)
    {
        _dump = dump;
        _isCode = isCode;
        _softErrors = softErrors;
        _ranges = new MemoryRanges(dump, dump.List<MinidumpMemoryDescriptor>(MinidumpStreamType.MemoryList));
    }

    /// <summary>Puts it in the place of the one that was written.</summary>
    /// <param name="file">That one, to read and write.</param>
    /// <param name="isCode">Whether an address of the process is in code.</param>
    /// <param name="softErrors">Hears what is left out because it is broken or too long.</param>
    /// <exception cref="InvalidDataException">It is no dump, or its threads, modules or memory end outside of it: what is there must not be kept, nor after any other failure.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static void Replace(SafeFileHandle file, Predicate<ulong> isCode, SoftErrorList softErrors)
    {
        WrittenDump dump = new(file);
        SanitizedDump clean = new(dump, isCode, softErrors);
        clean.LayOut();
        // Nothing is read of what is there any more. The stream does not own the file, and has no buffer to write later.
        using SafeFileHandle borrowed = new(file.DangerousGetHandle(), ownsHandle: false);
        using FileStream stream = new(borrowed, FileAccess.ReadWrite, bufferSize: 0);
        stream.Position = 0;
        clean._layout.WriteTo(stream, dump.Header.TimeDateStamp, dump.Header.Flags);
        stream.SetLength(stream.Position);
        GC.KeepAlive(file);
    }

    private void LayOut()
    {
        Optional(MinidumpStreamType.SystemInfo, location =>
        {
            MinidumpSystemInfo system = _dump.Read<MinidumpSystemInfo>(location.Rva, 1)[0];
            return _layout.Add(system with { CsdVersionRva = Text(system.CsdVersionRva) });
        });
        foreach (MinidumpStreamType type in s_plain)
        {
            Optional(type, location => _layout.Add(_dump.Read<byte>(location.Rva, location.DataSize)));
        }

        Modules();
        Optional(MinidumpStreamType.UnloadedModuleList, location =>
        {
            MinidumpUnloadedModuleList header = _dump.Read<MinidumpUnloadedModuleList>(location.Rva, 1)[0];
            MinidumpUnloadedModule[] modules = Entries<MinidumpUnloadedModule>(MinidumpStreamType.UnloadedModuleList, location, (header.SizeOfHeader, MinidumpUnloadedModuleList.Size), header.SizeOfEntry, header.NumberOfEntries);
            return _layout.AddList<MinidumpUnloadedModuleList, MinidumpUnloadedModule>(
                new() { SizeOfHeader = MinidumpUnloadedModuleList.Size, SizeOfEntry = MinidumpUnloadedModule.Size, NumberOfEntries = (uint)modules.Length },
                Array.ConvertAll(modules, module => module with { ModuleNameRva = Text(module.ModuleNameRva) }));
        });
        Optional(MinidumpStreamType.HandleData, location =>
        {
            MinidumpHandleDataStream header = _dump.Read<MinidumpHandleDataStream>(location.Rva, 1)[0];
            MinidumpHandleDescriptor[] handles = Entries<MinidumpHandleDescriptor>(MinidumpStreamType.HandleData, location, (header.SizeOfHeader, MinidumpHandleDataStream.Size), header.SizeOfDescriptor, header.NumberOfDescriptors);
            return _layout.AddList<MinidumpHandleDataStream, MinidumpHandleDescriptor>(
                new() { SizeOfHeader = MinidumpHandleDataStream.Size, SizeOfDescriptor = MinidumpHandleDescriptor.Size, NumberOfDescriptors = (uint)handles.Length },
                Array.ConvertAll(handles, handle => handle with { TypeNameRva = Text(handle.TypeNameRva), ObjectNameRva = Text(handle.ObjectNameRva) }));
        });
        Optional(MinidumpStreamType.ThreadNames, _ => _layout.AddList<MinidumpThreadName>(
            Array.ConvertAll(_dump.List<MinidumpThreadName>(MinidumpStreamType.ThreadNames), name => name with { RvaOfThreadName = Text((uint)name.RvaOfThreadName) })));
        Threads();
    }

    private void Modules()
    {
        MinidumpModule[] modules = _dump.List<MinidumpModule>(MinidumpStreamType.ModuleList);
        _layout.AddStream(MinidumpStreamType.ModuleList, _layout.AddList<MinidumpModule>(Array.ConvertAll(modules, module => module with
        {
            ModuleNameRva = Text(module.ModuleNameRva),
            CvRecord = module.CvRecord.DataSize is > 0 and <= MinidumpLimits.MaxCodeViewBytes ? _layout.Add(_dump.Read<byte>(module.CvRecord.Rva, module.CvRecord.DataSize)) : default,
            MiscRecord = default,
        })));
    }

    private void Threads()
    {
        MinidumpExceptionStream? exception = _dump.Find(MinidumpStreamType.Exception) is { DataSize: >= MinidumpExceptionStream.Size } place ? _dump.Read<MinidumpExceptionStream>(place.Rva, 1)[0] : null;
        MinidumpThread[] threads = Chosen(_dump.List<MinidumpThread>(MinidumpStreamType.ThreadList), exception?.ThreadId);
        Amd64Registers? atException = exception is null ? null : RegistersAt(exception.Value.ThreadContext);
        List<ulong> instructions = atException is null ? [] : [atException.Rip];
        for (int i = 0; i < threads.Length; i++)
        {
            MinidumpThread thread = threads[i];
            Amd64Registers? registers = RegistersAt(thread.ThreadContext);
            MinidumpMemoryDescriptor stack = Stack(thread, registers?.Rsp ?? ulong.MaxValue, hasCrashed: thread.ThreadId == exception?.ThreadId);
            threads[i] = thread with { Stack = stack, ThreadContext = Context(registers, thread.Stack) };
            instructions.AddRange(registers is null ? [] : [registers.Rip]);
        }

        if (exception is { } died)
        {
            MinidumpMemoryDescriptor stack = Array.Find(threads, thread => thread.ThreadId == died.ThreadId).Stack;
            _layout.AddStream(MinidumpStreamType.Exception, _layout.Add(died with { ExceptionRecord = Judged(died.ExceptionRecord, stack), ThreadContext = Context(atException, stack) }));
        }

        Windows(instructions);
        _memory.Sort((a, b) => a.StartOfMemoryRange.CompareTo(b.StartOfMemoryRange));
        _layout.AddStream(MinidumpStreamType.ThreadList, _layout.AddList<MinidumpThread>(threads));
        _layout.AddStream(MinidumpStreamType.MemoryList, _layout.AddList<MinidumpMemoryDescriptor>(CollectionsMarshal.AsSpan(_memory)));
    }

    /// <summary>As many as Breakpad reads, the crashed one among them.</summary>
    private MinidumpThread[] Chosen(MinidumpThread[] threads, uint? crashed)
    {
        if (threads.Length <= MinidumpLimits.MaxThreads)
        {
            return threads;
        }

        _softErrors.Add(CaptureStep.Sanitize, "ThreadList", $"{threads.Length - MinidumpLimits.MaxThreads} threads left out (limit {MinidumpLimits.MaxThreads})");
        return [.. threads.OrderByDescending(thread => thread.ThreadId == crashed).Take(MinidumpLimits.MaxThreads)];
    }

    private MinidumpMemoryDescriptor Stack(in MinidumpThread thread, ulong stackPointer, bool hasCrashed)
    {
        ulong start = thread.Stack.StartOfMemoryRange, wanted = thread.Stack.Memory.DataSize;
        wanted = start <= ulong.MaxValue - wanted ? wanted : 0;
        ulong limit = hasCrashed ? CaptureLimits.CrashedStackBytes : Math.Min(CaptureLimits.StackBytes, _room);
        byte[] bytes = _ranges.BytesAt(start, Math.Min(wanted, limit));
        if (bytes.Length == 0 && thread.Stack.Memory.Rva != 0)
        {
            // In no range, but it has bytes of its own.
            bytes = _dump.Read<byte>(thread.Stack.Memory.Rva, (uint)Math.Min(wanted, limit));
        }

        _room -= hasCrashed ? 0 : (ulong)bytes.Length;
        if ((ulong)bytes.Length < wanted)
        {
            _softErrors.Add(CaptureStep.Sanitize, $"tid {thread.ThreadId}", $"{bytes.Length} of {wanted} bytes of its stack");
        }

        StackSanitizer.Stack(bytes, start, stackPointer, _isCode);
        if (bytes.Length == 0)
        {
            return default;
        }

        MinidumpMemoryDescriptor stack = new() { StartOfMemoryRange = start, Memory = _layout.Add(bytes, MinidumpLayout.BlockAlignment) };
        // The last place is the crashed instruction's.
        List(stack, MinidumpLimits.MaxRegions - 1);
        return stack;
    }

    /// <summary>The code around instructions, as far as the dump has it, without data that lies beside it: the exception's first, and each byte once.</summary>
    private void Windows(IEnumerable<ulong> instructions)
    {
        List<(ulong Start, ulong End)> windows = [];
        foreach (ulong instruction in instructions.Distinct().Where(instruction => _isCode(instruction)))
        {
            if (_ranges.With(instruction) is { } range)
            {
                ulong page = instruction & ~(PageBytes - 1);
                ulong start = Math.Max(range.StartOfMemoryRange, instruction - Math.Min(instruction, CaptureLimits.InstructionWindowBytes));
                ulong last = instruction + Math.Min(CaptureLimits.InstructionWindowBytes - 1, range.Memory.DataSize - 1 - (instruction - range.StartOfMemoryRange));
                windows.Add(Apart((_isCode(start) ? start : page, (_isCode(last) ? last : page + (PageBytes - 1)) + 1), instruction, windows));
            }
        }

        foreach ((ulong start, ulong end) in windows)
        {
            // A stack that runs as code is a stack.
            if (start < end && _taken.IsFree(start, end) && _ranges.BytesAt(start, end - start) is { Length: > 0 } bytes)
            {
                List(new() { StartOfMemoryRange = start, Memory = _layout.Add(bytes, MinidumpLayout.BlockAlignment) }, MinidumpLimits.MaxRegions);
            }
        }
    }

    /// <summary>What of a window, around its instruction, those before it have not; nothing: they have the instruction, too.</summary>
    private static (ulong Start, ulong End) Apart((ulong Start, ulong End) window, ulong instruction, List<(ulong Start, ulong End)> before)
    {
        foreach ((ulong start, ulong end) in before)
        {
            if (start < window.End && window.Start < end)
            {
                window = start <= instruction ? (Math.Max(window.Start, end), window.End) : (window.Start, start);
            }
        }

        return window;
    }

    private void List(MinidumpMemoryDescriptor range, int limit)
    {
        // One that overlaps another would cost Breakpad the whole list.
        if (_memory.Count < limit && _taken.TryTake(range.StartOfMemoryRange, range.StartOfMemoryRange + range.Memory.DataSize))
        {
            _memory.Add(range);
        }
        else
        {
            _softErrors.Add(CaptureStep.Sanitize, "MemoryList", $"0x{range.StartOfMemoryRange:x} is not in the list: it overlaps another range, or there are more than {limit}");
        }
    }

    private Amd64Registers? RegistersAt(MinidumpLocationDescriptor location)
    {
        if (location.DataSize < Amd64Context.Size)
        {
            return null;
        }

        Amd64Context context = _dump.Read<Amd64Context>(location.Rva, 1)[0];
        XmmSaveArea32 floats = context.FltSave;
        return context.ToRegisters() with { FxSave = ((ReadOnlySpan<byte>)floats).ToArray() };
    }

    private MinidumpLocationDescriptor Context(Amd64Registers? registers, MinidumpMemoryDescriptor stack) => registers is null ? default
        : _layout.Add(Amd64Context.Of(StackSanitizer.Registers(registers, stack.StartOfMemoryRange, stack.StartOfMemoryRange + stack.Memory.DataSize, _isCode)), MinidumpLayout.BlockAlignment);

    /// <summary>Parameters may be anything but those of a fault: what it did, where, and why a page could not be had.</summary>
    private MinidumpException Judged(MinidumpException exception, MinidumpMemoryDescriptor stack)
    {
        int kept = exception.ExceptionCode switch { ExceptionCodes.AccessViolation => 2, ExceptionCodes.InPageError => 3, _ => 0 };
        MinidumpExceptionInformation parameters = exception.ExceptionInformation;
        foreach (ref ulong parameter in ((Span<ulong>)parameters)[kept..])
        {
            parameter = StackSanitizer.Judge(parameter, stack.StartOfMemoryRange, stack.StartOfMemoryRange + stack.Memory.DataSize, _isCode);
        }

        return exception with { ExceptionInformation = parameters };
    }

    private T[] Entries<T>(MinidumpStreamType type, MinidumpLocationDescriptor location, (uint Bytes, int Least) header, uint entryBytes, uint count)
        where T : unmanaged
    {
        if (header.Bytes < header.Least || entryBytes < Unsafe.SizeOf<T>() || header.Bytes + (entryBytes * (ulong)count) > location.DataSize)
        {
            throw new InvalidDataException($"{count} entries of {entryBytes} bytes behind {header.Bytes}, in {location.DataSize}");
        }

        if (count > MinidumpLimits.MaxObjectsRead)
        {
            _softErrors.Add(CaptureStep.Sanitize, $"{type}", $"{count - MinidumpLimits.MaxObjectsRead} left out (limit {MinidumpLimits.MaxObjectsRead})");
        }

        T[] entries = new T[Math.Min(count, MinidumpLimits.MaxObjectsRead)];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = _dump.Read<T>(location.Rva + (long)header.Bytes + (i * (long)entryBytes), 1)[0];
        }

        return entries;
    }

    private uint Text(uint rva) => rva == 0 ? 0 : _layout.Add(MinidumpString.Utf16(_dump.Text(rva))).Rva;

    /// <summary>A stream that costs itself only, if it is broken.</summary>
    private void Optional(MinidumpStreamType type, Func<MinidumpLocationDescriptor, MinidumpLocationDescriptor> add)
    {
        if (_dump.Find(type) is { DataSize: > 0 } location)
        {
            _softErrors.Try(CaptureStep.Sanitize, $"{type}", () => _layout.AddStream(
                type, location.DataSize <= MinidumpLimits.MaxListBytes ? add(location) : throw new InvalidDataException($"{location.DataSize} bytes (limit {MinidumpLimits.MaxListBytes})")));
        }
    }
}
