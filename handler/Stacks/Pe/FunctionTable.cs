namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>The exception directory of a loaded image: its functions in the order of their addresses. All addresses are distances from the image's beginning.</summary>
/// <param name="memory">The process's.</param>
/// <param name="image">Where the image begins.</param>
/// <param name="directory">Where in the image it is.</param>
internal sealed class FunctionTable(CachedMemory memory, ulong image, ImageDataDirectory directory)
{
    private readonly uint _count = directory.Length / RuntimeFunction.Size;

    /// <summary>The function, or part of one, that an address is in; null: it is in one that the directory does not have, which keeps to the registers and the stack as it found them.</summary>
    /// <exception cref="InvalidDataException">The directory is broken there.</exception>
    public RuntimeFunction? Find(uint address)
        => LastAtOrBefore(address) is { } function && function.Contains(address) ? Direct(function) : null;

    /// <summary>Where the last function before an address ends, which is in none; 0: there is none before it.</summary>
    /// <exception cref="InvalidDataException">The directory is broken there.</exception>
    public uint EndBefore(uint address) => LastAtOrBefore(address)?.EndAddress ?? 0;

    /// <summary>What unwinds a function.</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public UnwindData Read(RuntimeFunction function) => UnwindData.Read(memory, image, Direct(function));

    /// <summary>The function that a part of one belongs to: the end of the chain.</summary>
    /// <exception cref="InvalidDataException">The chain is broken.</exception>
    public RuntimeFunction Primary(RuntimeFunction function)
    {
        foreach (UnwindData data in Chain(function))
        {
            function = data.Function;
        }

        return function;
    }

    /// <summary>What unwinds a function: its own, and that of each function which its own says that it is a part of.</summary>
    /// <exception cref="InvalidDataException">The chain is broken.</exception>
    public List<UnwindData> Chain(RuntimeFunction function)
    {
        List<UnwindData> chain = [Read(function)];
        while (chain[^1].Chained is { } next)
        {
            if (chain.Count == StacksLimits.ChainedFunctions)
            {
                throw new InvalidDataException($"more than {StacksLimits.ChainedFunctions} chained functions");
            }

            chain.Add(Read(next));
        }

        return chain;
    }

    private RuntimeFunction Direct(RuntimeFunction function)
    {
        for (int i = 0; (function.UnwindData & RuntimeFunction.Indirect) != 0; i++)
        {
            function = i < StacksLimits.ChainedFunctions
                ? memory.Read<RuntimeFunction>(image + (function.UnwindData & ~RuntimeFunction.Indirect))
                : throw new InvalidDataException($"more than {StacksLimits.ChainedFunctions} functions that lead to each other");
        }

        return function;
    }

    private RuntimeFunction? LastAtOrBefore(uint address)
    {
        uint low = 0;
        uint high = _count;
        while (low < high)
        {
            uint middle = low + ((high - low) >> 1);
            if (Entry(middle).BeginAddress <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : Entry(low - 1);
    }

    private RuntimeFunction Entry(uint index) => memory.Read<RuntimeFunction>(image + directory.VirtualAddress + ((ulong)index * RuntimeFunction.Size));
}
