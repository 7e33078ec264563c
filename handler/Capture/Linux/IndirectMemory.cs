using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// The memory that the crashed thread's registers and the words of its stack point at: the objects it was working on. Pure: chooses ranges, reads
/// nothing.
/// </summary>
internal static class IndirectMemory
{
    /// <summary>Chooses ranges: whole blocks, each once, the registers' first, those next to the stack pointer before those further up; adjacent ones joined.</summary>
    /// <param name="map">The process's mappings.</param>
    /// <param name="registers">The crashed thread's.</param>
    /// <param name="stack">What was read of its stack.</param>
    /// <param name="environment">Where the environment begins; nothing of the mapping that holds it is taken.</param>
    /// <param name="isWhole">Whether all that was pointed at had room.</param>
    public static List<StackRange> Choose(MemoryMap map, Amd64Registers registers, MemorySnapshot? stack, ulong environment, out bool isWhole)
    {
        HashSet<ulong> blocks = [];
        MemoryMapping last = default;
        bool hasRoom = true;
        foreach (ulong register in (ReadOnlySpan<ulong>)
        [
            registers.Rax, registers.Rbx, registers.Rcx, registers.Rdx, registers.Rsi, registers.Rdi, registers.Rbp, registers.R8, registers.R9,
            registers.R10, registers.R11, registers.R12, registers.R13, registers.R14, registers.R15,
        ])
        {
            hasRoom &= Add(register);
        }

        int lead = stack is null ? 0 : (int)(unchecked(0 - stack.Address) % sizeof(ulong));
        if (stack is not null && stack.Bytes.Length > lead)
        {
            int length = Math.Min(stack.Bytes.Length - lead, CaptureLimits.ScannedStackBytes);
            foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(stack.Bytes.Span.Slice(lead, length)))
            {
                hasRoom = hasRoom && Add(word);
            }
        }

        isWhole = hasRoom;
        return Join(blocks, map);

        bool Add(ulong value)
        {
            if (value < CaptureLimits.LowestPointer || (stack is not null && stack.Address <= value && value < stack.End))
            {
                return true;
            }

            if (!last.Contains(value))
            {
                int index = map.Find(value);
                if (index < 0 || !IsWorthReading(map.Mappings[index]) || map.Mappings[index].Contains(environment))
                {
                    return true;
                }

                last = map.Mappings[index];
            }

            // An object's header lies before what points at it, its fields behind.
            ulong from = Math.Max(last.Start, value - CaptureLimits.IndirectBytesBefore) / CaptureLimits.IndirectBlockBytes;
            ulong to = Math.Min(last.End - 1, value + CaptureLimits.IndirectBytesBehind - 1) / CaptureLimits.IndirectBlockBytes;
            for (ulong block = from; block <= to; block++)
            {
                if (blocks.Count == CaptureLimits.MaxIndirectBlocks)
                {
                    return blocks.Contains(block);
                }

                blocks.Add(block);
            }

            return true;
        }
    }

    // What cannot be written to is in the files; and to read a device may change it, or never end.
    private static bool IsWorthReading(in MemoryMapping mapping)
        => mapping.Readable && mapping.Writable && (!mapping.Path.StartsWith("/dev/", StringComparison.Ordinal) || mapping.Path.StartsWith("/dev/shm/", StringComparison.Ordinal) || mapping.Path == "/dev/zero");

    private static List<StackRange> Join(HashSet<ulong> blocks, MemoryMap map)
    {
        List<StackRange> ranges = [];
        foreach (ulong block in blocks.Order())
        {
            ulong start = block * CaptureLimits.IndirectBlockBytes;
            StackRange range = new(start, start + CaptureLimits.IndirectBlockBytes);
            if (ranges.Count > 0 && ranges[^1].End == start && map.Find(start) == map.Find(start - 1))
            {
                ranges[^1] = ranges[^1] with { End = range.End };
            }
            else
            {
                ranges.Add(range);
            }
        }

        return ranges;
    }
}
