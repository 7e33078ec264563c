using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Where the stacks are and how much of each is taken: pure functions of the mappings and the stack pointers.</summary>
internal static class StackFinder
{
    /// <summary>
    /// The stack of a stack pointer: from the red zone below it to the end of the mappings that hold it. A pointer in a guard area
    /// or in no mapping at all (a stack overflow) means the next mapping above. Null: there is no stack.
    /// </summary>
    public static StackRange? Find(MemoryMap map, ulong stackPointer)
    {
        int index = map.Find(stackPointer);
        bool holds = index >= 0 && map.Mappings[index].Readable;
        if (!holds)
        {
            index = index < 0 ? ~index : index;
            while (index < map.Mappings.Count && !map.Mappings[index].Readable)
            {
                index++;
            }

            if (index == map.Mappings.Count || map.Mappings[index].Start - stackPointer > CaptureLimits.StackSearchBytes)
            {
                return null;
            }
        }

        MemoryMapping first = map.Mappings[index];
        ulong start = holds ? Math.Max(first.Start, stackPointer - Math.Min(stackPointer, CaptureLimits.RedZoneBytes)) : first.Start;
        ulong end = first.End;
        for (index++; index < map.Mappings.Count; index++)
        {
            MemoryMapping next = map.Mappings[index];
            if (next.Start != end || !next.Readable || !next.SameSource(first))
            {
                break;
            }

            end = next.End;
        }

        return new StackRange(start, end);
    }

    /// <summary>Ends the stack above which the environment lies before that.</summary>
    public static void EndBefore(StackRange?[] stacks, ulong environment)
    {
        for (int i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] is { } stack && stack.Start < environment && environment < stack.End)
            {
                stacks[i] = stack with { End = environment };
            }
        }
    }

    /// <summary>
    /// Ends each stack where the next one begins: threads may run on pieces of one mapping, and readers drop a memory list with
    /// overlaps. Of two that begin at the same place, the first keeps it.
    /// </summary>
    public static void Separate(StackRange?[] stacks)
    {
        int[] order = [.. Enumerable.Range(0, stacks.Length).Where(i => stacks[i] is not null)
            .OrderBy(i => stacks[i]!.Value.Start).ThenBy(i => i)];
        for (int i = 0; i + 1 < order.Length; i++)
        {
            StackRange lower = stacks[order[i]]!.Value;
            StackRange upper = stacks[order[i + 1]]!.Value;
            if (lower.Start == upper.Start)
            {
                stacks[order[i + 1]] = null;
                order[i + 1] = order[i];
            }
            else if (lower.End > upper.Start)
            {
                stacks[order[i]] = lower with { End = upper.Start };
            }
        }
    }

    /// <summary>
    /// How many bytes of each stack are taken. The crashed thread's, the first, has its own limit; the others share theirs: their common limit is halved
    /// until all fit.
    /// </summary>
    public static int[] Allot(IReadOnlyList<ulong> lengths)
    {
        if (lengths.Count == 0)
        {
            return [];
        }

        int crashed = (int)Math.Min(lengths[0], CaptureLimits.CrashedStackBytes);
        ulong limit = CaptureLimits.StackBytes;
        while (lengths.Skip(1).Aggregate(0UL, (sum, length) => sum + Math.Min(length, limit)) > CaptureLimits.OtherStacksBytes)
        {
            limit /= 2;
        }

        return [crashed, .. lengths.Skip(1).Select(length => (int)Math.Min(length, limit))];
    }
}
