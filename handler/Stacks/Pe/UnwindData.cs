using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>An UNWIND_INFO, its codes taken apart.</summary>
internal sealed class UnwindData
{
    private const int WordBytes = 8;
    private const int XmmBytes = 16;
    private const int OffsetHighShift = 8;
    private const int AtEnd = 1;
    private const int LastVersion = 2;

    private UnwindData(RuntimeFunction function, UnwindInfo info)
    {
        Function = function;
        Info = info;
    }

    /// <summary>What it is of.</summary>
    public RuntimeFunction Function { get; }

    /// <summary>Its header.</summary>
    public UnwindInfo Info { get; }

    /// <summary>The prologue's instructions, the last one first.</summary>
    public required IReadOnlyList<UnwindStep> Steps { get; init; }

    /// <summary>Where epilogues begin, behind what frees locals: version 2 tells of them all, version 1 of none.</summary>
    public required IReadOnlyList<uint> Epilogs { get; init; }

    /// <summary>Bytes of each of them.</summary>
    public required uint EpilogSize { get; init; }

    /// <summary>The function that it is a part of; null: it is a whole one.</summary>
    public required RuntimeFunction? Chained { get; init; }

    /// <summary>Version 1 tells nothing of epilogues: their instructions do.</summary>
    public bool TellsEpilogs => Info.Version >= LastVersion;

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static UnwindData Read(CachedMemory memory, ulong image, RuntimeFunction function)
    {
        ulong address = image + function.UnwindData;
        UnwindInfo info = memory.Read<UnwindInfo>(address);
        if (info.Version is 0 or > LastVersion)
        {
            throw new InvalidDataException($"UNWIND_INFO of version {info.Version}");
        }

        ReadOnlySpan<UnwindCode> codes = MemoryMarshal.Cast<byte, UnwindCode>(memory.ReadBytes(address + UnwindInfo.Size, info.CountOfCodes * UnwindCode.Size));
        int slot = 0;
        List<uint> epilogs = [];
        uint epilogSize = 0;
        if (info.Version == LastVersion)
        {
            for (; slot < codes.Length && codes[slot].Operation == UnwindOperation.Epilog; slot++)
            {
                // The first has the size of them all, and whether one ends the function; the others where one begins, counted from the function's end, or 0 as padding.
                uint offset = slot > 0 ? codes[slot].CodeOffset | ((uint)codes[slot].OperationInfo << OffsetHighShift) : 0;
                epilogSize = slot == 0 ? codes[slot].CodeOffset : epilogSize;
                offset = slot == 0 && (codes[slot].OperationInfo & AtEnd) != 0 ? epilogSize : offset;
                if (offset > 0)
                {
                    epilogs.Add(unchecked(function.EndAddress - offset));
                }
            }
        }

        List<UnwindStep> steps = [];
        while (slot < codes.Length)
        {
            int slots = Slots(codes[slot]);
            steps.Add(slots <= codes.Length - slot ? Step(codes.Slice(slot, slots)) : throw new InvalidDataException("an UNWIND_CODE that goes on behind the last"));
            slot += slots;
        }

        ulong behind = address + UnwindInfo.Size + ((ulong)((info.CountOfCodes + 1) & ~1) * UnwindCode.Size);
        return new UnwindData(function, info)
        {
            Steps = steps,
            Epilogs = epilogs,
            EpilogSize = epilogSize,
            Chained = (info.Flags & UnwindInfo.ChainInfo) != 0 ? memory.Read<RuntimeFunction>(behind) : null,
        };
    }

    private static int Slots(UnwindCode code) => code.Operation switch
    {
        UnwindOperation.PushNonVolatile or UnwindOperation.AllocateSmall or UnwindOperation.SetFrameRegister or UnwindOperation.PushMachineFrame => 1,
        UnwindOperation.AllocateLarge when code.OperationInfo == 0 => 2,
        UnwindOperation.AllocateLarge when code.OperationInfo == 1 => 3,
        UnwindOperation.SaveNonVolatile or UnwindOperation.Epilog or UnwindOperation.SaveXmm128 => 2,
        UnwindOperation.SaveNonVolatileFar or UnwindOperation.Spare or UnwindOperation.SaveXmm128Far => 3,
        _ => throw new InvalidDataException($"UNWIND_CODE {(int)code.Operation} with {code.OperationInfo}"),
    };

    private static UnwindStep Step(ReadOnlySpan<UnwindCode> codes)
    {
        UnwindCode code = codes[0];
        ReadOnlySpan<byte> operand = MemoryMarshal.AsBytes(codes[1..]);
        uint value = code.Operation switch
        {
            UnwindOperation.AllocateSmall => (uint)(code.OperationInfo + 1) * WordBytes,
            UnwindOperation.AllocateLarge or UnwindOperation.SaveNonVolatile when codes.Length == 2 => (uint)MemoryMarshal.Read<ushort>(operand) * WordBytes,
            UnwindOperation.SaveXmm128 => (uint)MemoryMarshal.Read<ushort>(operand) * XmmBytes,
            _ when codes.Length == 3 => MemoryMarshal.Read<uint>(operand),
            _ => 0,
        };
        return new UnwindStep(code.Operation, code.CodeOffset, code.OperationInfo, value);
    }
}
