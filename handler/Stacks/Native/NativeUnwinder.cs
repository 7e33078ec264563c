using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>
/// Finds callers: by the module's unwind table, else by the chain of frame pointers, else by a word on the stack that is behind a call. All that it reads is a stranger's. What it
/// learns of an address it keeps, for the threads of a process wait in the same few places.
/// </summary>
internal sealed class NativeUnwinder : IDisposable
{
    private const ulong WordBytes = sizeof(ulong);
    private const ulong PageBytes = 4_096;
    private readonly IProcessMemory _uncached;
    private readonly CachedMemory _memory;
    private readonly WalkModule[] _modules;
    private readonly NativeModule?[] _natives;
    private readonly ulong[] _moduleStarts;
    private readonly (ulong Start, ulong End)[] _executable;
    private readonly MemoryMap _map;
    private readonly bool _hasMap;
    private readonly Func<WalkModule, Stream?> _open;
    private readonly Dictionary<(ulong Address, bool IsReturnAddress), CodePlace> _places = [];
    private readonly List<string> _problems = [];
    private (ulong From, ulong End) _stack;

    /// <param name="memory">The process's memory.</param>
    /// <param name="modules">Its modules.</param>
    /// <param name="maps"><c>/proc/PID/maps</c>, or lines of that form; empty: what is code and what is stack is then found by what can be read, and by the modules' headers.</param>
    /// <param name="open">Opens a module's file for its symbols, seekable; null: there is none.</param>
    public NativeUnwinder(IProcessMemory memory, IReadOnlyList<WalkModule> modules, byte[] maps, Func<WalkModule, Stream?> open)
    {
        _uncached = memory;
        _memory = new CachedMemory(memory);
        _modules = [.. modules.Where(module => module.End > module.Address).OrderBy(module => module.Address)];
        _moduleStarts = [.. _modules.Select(module => module.Address)];
        _natives = new NativeModule?[_modules.Length];
        _open = open;
        _map = ReadMap(maps);
        _hasMap = _map.Mappings.Count > 0;
        _executable = Join(_map.Mappings.Where(mapping => mapping.Executable).Select(mapping => (mapping.Start, mapping.End)));
    }

    /// <summary>What of modules could not be read, each module once.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The frame that a thread is in.</summary>
    public NativeFrame Innermost(Amd64Registers registers) => MakeFrame(registers, StackFrameOrigin.Context, isReturnAddress: false);

    /// <summary>All frames of a thread, innermost first, at most <see cref="StacksLimits.ReadFrames"/>.</summary>
    public IEnumerable<NativeFrame> Unwind(Amd64Registers registers)
    {
        NativeFrame? frame = Innermost(registers);
        for (int count = 0; frame is not null && count < StacksLimits.ReadFrames; count++)
        {
            yield return frame;
            frame = Step(frame);
        }
    }

    /// <summary>The caller's frame; null: there is none, or it cannot be found.</summary>
    public NativeFrame? Step(NativeFrame frame)
    {
        RegisterFile registers = RegisterFile.Of(frame.Registers);
        if (!IsExecutable(registers.Ip))
        {
            // A call through a bad pointer: the return address was pushed, and nothing else.
            return frame.IsReturnAddress ? null : StepBack(registers) ?? StepByFramePointer(registers) ?? StepByScan(registers);
        }

        CodePlace place = PlaceOf(registers.Ip, frame.IsReturnAddress);
        if (place.Row is { } row)
        {
            if (row.IsOutermost)
            {
                return null;
            }

            try
            {
                RegisterFile caller = row.Unwind(registers, _memory);
                if (row.IsSignalFrame)
                {
                    // It may run on a stack of its own, and what it interrupted may be anywhere.
                    return MakeFrame(caller.ToContext(), StackFrameOrigin.UnwindTable, isReturnAddress: false);
                }

                if (caller.Ip == 0)
                {
                    return null;
                }

                if (caller.Sp > registers.Sp && IsExecutable(caller.Ip))
                {
                    return MakeFrame(caller.ToContext(), StackFrameOrigin.UnwindTable, isReturnAddress: true);
                }
            }
            catch (InvalidDataException)
            {
                // Of a stack that is not there, or overwritten, the other ways may still find something; the frame says which was taken.
            }
        }

        return StepByFramePointer(registers) ?? StepByScan(registers);
    }

    /// <summary>Whether an address is in an image of machine code, not in code that the .NET runtime made or loaded.</summary>
    public bool IsNative(ulong address) => NativeOf(address) is { IsNative: true };

    /// <summary>Whether two addresses are on one stack, so that the lower one is the inner one.</summary>
    public bool AreOnOneStack(ulong one, ulong other) => StackEnd(one) is var end and not 0 && end == StackEnd(other);

    public void Dispose()
    {
        foreach (NativeModule? module in _natives)
        {
            module?.Dispose();
        }
    }

    private MemoryMap ReadMap(byte[] maps)
    {
        try
        {
            return MemoryMap.Parse(maps);
        }
        catch (InvalidDataException error)
        {
            _problems.Add(error.Message);
            return MemoryMap.Parse([]);
        }
    }

    private static (ulong Start, ulong End)[] Join(IEnumerable<(ulong Start, ulong End)> ranges)
    {
        List<(ulong Start, ulong End)> joined = [];
        foreach ((ulong start, ulong end) in ranges)
        {
            if (joined.Count > 0 && start <= joined[^1].End)
            {
                joined[^1] = (joined[^1].Start, Math.Max(end, joined[^1].End));
            }
            else
            {
                joined.Add((start, end));
            }
        }

        return [.. joined];
    }

    private NativeFrame? StepBack(RegisterFile registers)
        => _memory.TryRead(registers.Sp, out ulong address) && IsReturnAddress(address) ? Scanned(registers, registers.Sp, address) : null;

    private NativeFrame? StepByFramePointer(RegisterFile registers)
    {
        ulong pointer = registers[DwarfRegister.Rbp];
        ulong end = StackEnd(registers.Sp);
        if (pointer % WordBytes != 0 || pointer < registers.Sp || end == 0 || pointer > end - (2 * WordBytes)
            || !_memory.TryRead(pointer, out (ulong Pointer, ulong Address) saved) || !(_hasMap ? IsExecutable(saved.Address) : IsReturnAddress(saved.Address)))
        {
            return null;
        }

        registers[DwarfRegister.Rbp] = saved.Pointer;
        registers[DwarfRegister.Rsp] = pointer + (2 * WordBytes);
        registers[DwarfRegister.ReturnAddress] = saved.Address;
        return MakeFrame(registers.ToContext(), StackFrameOrigin.FramePointer, isReturnAddress: true);
    }

    private NativeFrame? StepByScan(RegisterFile registers)
    {
        ulong at = (registers.Sp + (WordBytes - 1)) & ~(WordBytes - 1);
        ulong end = StackEnd(registers.Sp);
        for (int i = 0; i < StacksLimits.ScannedWords && at < end; i++, at += WordBytes)
        {
            if (_memory.TryRead(at, out ulong word) && IsReturnAddress(word))
            {
                return Scanned(registers, at, word);
            }
        }

        return null;
    }

    private NativeFrame Scanned(RegisterFile registers, ulong at, ulong address)
    {
        // What was pushed before a function's locals is its caller's frame pointer, if it uses one.
        if (_memory.TryRead(at - WordBytes, out ulong pushed) && at < pushed && pushed % WordBytes == 0 && pushed < StackEnd(at))
        {
            registers[DwarfRegister.Rbp] = pushed;
        }

        registers[DwarfRegister.Rsp] = at + WordBytes;
        registers[DwarfRegister.ReturnAddress] = address;
        return MakeFrame(registers.ToContext(), StackFrameOrigin.Scan, isReturnAddress: true);
    }

    private bool IsReturnAddress(ulong address)
    {
        if (!IsExecutable(address))
        {
            return false;
        }

        Span<byte> before = stackalloc byte[CallInstruction.Bytes];
        return _memory.Read(address - CallInstruction.Bytes, before) == before.Length && CallInstruction.Ends(before);
    }

    private NativeFrame MakeFrame(Amd64Registers registers, StackFrameOrigin origin, bool isReturnAddress)
    {
        CodePlace place = PlaceOf(registers.Rip, isReturnAddress);
        StackFrame frame = new()
        {
            Kind = StackFrameKind.Native,
            Origin = origin,
            Method = place.Function?.Name,
            Module = place.Module?.Module.Path,
            ModuleOffset = registers.Rip - place.Module?.Module.Address,
            FunctionOffset = registers.Rip - place.Function?.Address,
            Ip = registers.Rip,
            Sp = registers.Rsp,
        };
        return new NativeFrame(frame, registers, isReturnAddress);
    }

    private CodePlace PlaceOf(ulong ip, bool isReturnAddress)
    {
        // The call may be the last instruction of a function that does not expect it to return.
        (ulong Address, bool IsReturnAddress) key = (isReturnAddress ? ip - 1 : ip, isReturnAddress);
        if (!_places.TryGetValue(key, out CodePlace? place))
        {
            if (_places.Count == StacksLimits.CachedPlaces)
            {
                _places.Clear();
            }

            _places[key] = place = FindPlace(key.Address, isReturnAddress);
        }

        return place;
    }

    private CodePlace FindPlace(ulong address, bool isReturnAddress)
    {
        if (NativeOf(address) is not { } module)
        {
            return CodePlace.Nowhere;
        }

        IUnwindRow? row = module.FindRow(address, isReturnAddress);
        return new CodePlace(module, row, module.FindFunction(address, row));
    }

    private NativeModule? NativeOf(ulong address)
        => ModuleOf(address) is { } index ? _natives[index] ??= NativeModule.Of(_modules[index], _memory, _open, Tell) : null;

    private void Tell(string problem)
    {
        if (_problems.Count < StacksLimits.ModuleProblems)
        {
            _problems.Add(problem);
        }
    }

    private int? ModuleOf(ulong address)
    {
        int index = Array.BinarySearch(_moduleStarts, address);
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && address < _modules[index].End ? index : null;
    }

    private bool IsExecutable(ulong address)
    {
        if (!_hasMap)
        {
            // What is in no module may have been written by the runtime's compiler.
            return NativeOf(address) is { } module
                ? module.IsExecutable(address)
                : address is >= StacksLimits.LowestPointer and <= StacksLimits.HighestPointer && !(_stack.From <= address && address < _stack.End) && CanRead(address);
        }

        int low = 0;
        int high = _executable.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_executable[middle].Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && address < _executable[low - 1].End;
    }

    /// <summary>Where the stack of a stack pointer ends; 0: it is on none. An overflown one points below its stack.</summary>
    private ulong StackEnd(ulong pointer)
    {
        if (_stack.From <= pointer && pointer < _stack.End)
        {
            return _stack.End;
        }

        if (!_hasMap)
        {
            return ReadableEnd(pointer);
        }

        int index = _map.Find(pointer);
        index = index < 0 ? ~index : index;
        while (index < _map.Mappings.Count && !_map.Mappings[index].Writable && _map.Mappings[index].Start <= pointer)
        {
            index++;
        }

        if (index == _map.Mappings.Count || !_map.Mappings[index].Writable
            || (_map.Mappings[index].Start > pointer && _map.Mappings[index].Start - pointer > StacksLimits.StackSearchBytes))
        {
            return 0;
        }

        // A stack of which a part was given other rights or advice is two mappings.
        ulong end = _map.Mappings[index].End;
        while (++index < _map.Mappings.Count && _map.Mappings[index].Start == end && _map.Mappings[index].Writable)
        {
            end = _map.Mappings[index].End;
        }

        _stack = (pointer, end);
        return end;
    }

    /// <summary>The same where no map tells: a stack ends where nothing can be read.</summary>
    private ulong ReadableEnd(ulong pointer)
    {
        ulong at = pointer & ~(PageBytes - 1);
        ulong limit = unchecked(at + StacksLimits.UnmappedStackBytes);
        if (limit < at)
        {
            return 0;
        }

        while (!CanRead(at))
        {
            at += PageBytes;
            if (at - pointer > StacksLimits.StackSearchBytes && at > pointer)
            {
                return 0;
            }
        }

        while (at < limit && CanRead(at))
        {
            at += PageBytes;
        }

        _stack = (pointer, at);
        return at;
    }

    // Beside the cache, from which so many pages would drive out code and tables.
    private bool CanRead(ulong address)
    {
        Span<byte> first = stackalloc byte[1];
        return _uncached.Read(address, first) == first.Length;
    }
}
