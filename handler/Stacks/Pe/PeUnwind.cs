namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>
/// Unwinding by the exception directory of a loaded image ("x64 exception handling", "Unwind procedure"), at any instruction: in a prologue only what it did is undone, in an epilogue only what it has
/// not done.
/// </summary>
/// <param name="memory">The process's.</param>
/// <param name="address">Where the image begins.</param>
/// <param name="image">Its headers.</param>
/// <param name="functions">Its exception directory.</param>
internal sealed class PeUnwind(CachedMemory memory, ulong address, LoadedPe image, FunctionTable functions)
{
    /// <summary>How to unwind at an address, as distance from the image's beginning; null: nothing tells.</summary>
    /// <param name="at">The address.</param>
    /// <param name="isReturnAddress">A call is there. What has no entry in the directory calls nothing, and no epilogue does.</param>
    /// <exception cref="InvalidDataException">The directory is broken there.</exception>
    public PeUnwindRow? Find(uint at, bool isReturnAddress)
    {
        if (functions.Find(at) is not { } function)
        {
            return isReturnAddress || !image.IsExecutable(at) ? null : new PeUnwindRow(address + at, (PeUnwindRow.StackPointer, 0), []);
        }

        List<UnwindData> chain = functions.Chain(function);
        IReadOnlyList<UnwindAction> actions = (isReturnAddress ? null : Epilog(chain, at)) ?? Body(chain, at);
        return new PeUnwindRow(address + chain[^1].Function.BeginAddress, FrameBase(chain[0], at), actions);
    }

    private List<UnwindAction>? Epilog(List<UnwindData> chain, uint at)
    {
        UnwindData data = chain[0];
        if (!data.TellsEpilogs)
        {
            Span<byte> code = stackalloc byte[StacksLimits.EpilogBytes];
            code = code[..memory.Read(address + at, code)];
            return EpilogCode.Read(code, at, data.Info.FrameRegister, target => IsEntry(chain, target));
        }

        foreach (uint start in data.Epilogs)
        {
            if (at >= start && at - start < data.EpilogSize)
            {
                return Pops(chain, at - start);
            }
        }

        return null;
    }

    /// <summary>What is left of an epilogue's pops, which are the prologue's pushes in reverse.</summary>
    private static List<UnwindAction> Pops(List<UnwindData> chain, uint done)
    {
        List<UnwindAction> actions = [];
        uint position = 0;
        foreach (UnwindStep step in chain.SelectMany(data => data.Steps).SkipWhile(step => step.Operation is not (UnwindOperation.PushNonVolatile or UnwindOperation.PushMachineFrame)))
        {
            // The flags are pushed, and popped, with an instruction of one byte.
            bool isPush = step.Operation == UnwindOperation.PushNonVolatile;
            if (!isPush && step is not { Operation: UnwindOperation.AllocateSmall, Value: sizeof(ulong) })
            {
                break;
            }

            if (position >= done)
            {
                actions.Add(Undo(step, default)!.Value);
            }

            position += isPush && step.Info >= 8 ? 2u : 1u;
        }

        return actions;
    }

    private static List<UnwindAction> Body(List<UnwindData> chain, uint at)
    {
        List<UnwindAction> actions = [];
        foreach (UnwindData data in chain)
        {
            // Of a function that this one is a part of the prologue is done, wherever the two lie.
            uint offset = unchecked(at - data.Function.BeginAddress);
            foreach (UnwindStep step in data.Steps)
            {
                if (offset >= step.CodeOffset && Undo(step, data.Info) is { } action)
                {
                    actions.Add(action);
                    if (action.Kind == UnwindActionKind.MachineFrame)
                    {
                        return actions;
                    }
                }
            }
        }

        return actions;
    }

    private static UnwindAction? Undo(UnwindStep step, UnwindInfo info) => step.Operation switch
    {
        UnwindOperation.PushNonVolatile when step.Info == PeUnwindRow.StackPointer => new UnwindAction(UnwindActionKind.Free, 0, sizeof(ulong)),
        UnwindOperation.PushNonVolatile => new UnwindAction(UnwindActionKind.Pop, step.Info, 0),
        UnwindOperation.AllocateSmall or UnwindOperation.AllocateLarge => new UnwindAction(UnwindActionKind.Free, 0, step.Value),
        UnwindOperation.SetFrameRegister => new UnwindAction(UnwindActionKind.SetStack, info.FrameRegister, -(long)(info.FrameOffset * UnwindInfo.FrameUnit)),
        UnwindOperation.SaveNonVolatile or UnwindOperation.SaveNonVolatileFar => new UnwindAction(UnwindActionKind.Load, step.Info, step.Value),
        UnwindOperation.PushMachineFrame => new UnwindAction(UnwindActionKind.MachineFrame, 0, step.Info == 0 ? 0 : sizeof(ulong)),
        _ => null,
    };

    private static (int Register, long Offset) FrameBase(UnwindData data, uint at)
    {
        uint offset = unchecked(at - data.Function.BeginAddress);
        bool isSet = data.Info.FrameRegister != 0
            && (offset >= data.Info.SizeOfProlog || data.Chained is not null || data.Steps.Any(step => step.Operation == UnwindOperation.SetFrameRegister && offset >= step.CodeOffset));
        return isSet ? (data.Info.FrameRegister, -(long)(data.Info.FrameOffset * UnwindInfo.FrameUnit)) : (PeUnwindRow.StackPointer, 0);
    }

    /// <summary>Whether a jump goes to a function's entry, this one's or another's, which then returns to the caller; not into the midst of one, nor to a part.</summary>
    private bool IsEntry(List<UnwindData> chain, uint target)
    {
        if (functions.Find(target) is not { } function)
        {
            return true;
        }

        // MSVC's parts are chained. GCC's are not, but they have a frame and no prologue that makes it.
        List<UnwindData> other = functions.Chain(function);
        uint primary = chain[^1].Function.BeginAddress;
        return target == function.BeginAddress && other[0] is not { Info.SizeOfProlog: 0, Steps.Count: > 0 } && (target == primary || other[^1].Function.BeginAddress != primary);
    }
}
