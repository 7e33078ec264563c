using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Copies the memory worth having out of a process, within <see cref="CaptureLimits"/>: stacks, the bytes around the crashed instruction, what the crashed
/// thread's registers and stack point at. In two reads, however many threads there are.
/// </summary>
/// <param name="memory">The process's memory.</param>
/// <param name="map">Its mappings; null: they are not known.</param>
/// <param name="environment">Where its environment begins, which may hold passwords and is left out; 0: it is not known.</param>
/// <param name="errors">Where soft errors go.</param>
/// <param name="failSpots">What a test lets fail.</param>
internal sealed class MemoryCollector(RemoteMemory memory, MemoryMap? map, ulong environment, SoftErrorList errors, CaptureFailSpots failSpots)
{
    private const string Crashed = "crashed thread";

    /// <summary>Reads the stacks into the threads, and the rest.</summary>
    /// <param name="threads">The crashed one first.</param>
    /// <param name="isSanitized">Whether stacks and registers are sanitized, and what they point at is left out.</param>
    /// <returns>Memory beside the stacks, the most valuable first.</returns>
    public List<MemorySnapshot> Collect(List<ThreadSnapshot> threads, bool isSanitized)
    {
        StackRange?[] stacks = new StackRange?[threads.Count];
        errors.Try(CaptureStep.Stack, "stacks", () =>
        {
            failSpots.Pass(CaptureFailSpots.Stack);
            stacks = PlanStacks(threads);
        });
        MemoryRead?[] reads = [.. stacks.Select(stack => stack is { } range ? new MemoryRead(range.Start, (int)range.Length) : null)];
        StackRange? window = null;
        if (threads[0].Registers is { Rip: var instruction })
        {
            errors.Try(CaptureStep.InstructionWindow, Crashed, () =>
            {
                failSpots.Pass(CaptureFailSpots.InstructionWindow);
                window = PlanWindow(stacks, instruction, isSanitized);
            });
        }

        MemoryRead? windowRead = window is { } around ? new MemoryRead(around.Start, (int)around.Length) : null;
        memory.Read([.. reads.Append(windowRead).OfType<MemoryRead>()]);
        for (int i = 0; i < threads.Count; i++)
        {
            if (reads[i] is { } read)
            {
                threads[i] = threads[i] with { Stack = read.ToSnapshot() };
                NotePartial(CaptureStep.Stack, $"tid {threads[i].ThreadId}", read);
            }
        }

        List<MemorySnapshot> collected = [];
        if (windowRead is not null)
        {
            NotePartial(CaptureStep.InstructionWindow, Crashed, windowRead);
            collected.AddRange(windowRead.ToSnapshot() is { } bytes ? [bytes] : []);
        }

        if (isSanitized)
        {
            Sanitize(threads, reads);
        }
        else
        {
            errors.Try(CaptureStep.IndirectMemory, Crashed, () =>
            {
                failSpots.Pass(CaptureFailSpots.IndirectMemory);
                collected.AddRange(ReadIndirect(threads[0]));
            });
        }

        return collected;
    }

    private void Sanitize(List<ThreadSnapshot> threads, MemoryRead?[] stacks)
    {
        errors.Add(CaptureStep.Sanitize, "process", StackSanitizer.Note);
        for (int i = 0; i < threads.Count; i++)
        {
            int index = i;
            ThreadSnapshot thread = threads[i];
            // Whatever goes wrong, nothing stays as it was.
            threads[i] = thread with
            {
                Stack = null,
                Registers = thread.Registers is { } known ? new Amd64Registers { Rip = known.Rip, Rsp = known.Rsp } : null,
            };
            errors.Try(CaptureStep.Sanitize, $"tid {thread.ThreadId}", () =>
            {
                failSpots.Pass(CaptureFailSpots.Sanitize);
                if (stacks[index] is { Count: > 0 } stack)
                {
                    StackSanitizer.Stack(stack.Buffer.Span[..stack.Count], stack.Address, thread.Registers?.Rsp ?? ulong.MaxValue, IsCode);
                }

                threads[index] = thread with
                {
                    Registers = thread.Registers is { } registers ? StackSanitizer.Registers(registers, thread.Stack?.Address ?? 0, thread.Stack?.End ?? 0, IsCode) : null,
                };
            });
        }
    }

    // Without the mappings nobody knows.
    private bool IsCode(ulong address) => map?.Find(address) is >= 0 and int index && map.Mappings[index].Executable;

    private IEnumerable<MemorySnapshot> ReadIndirect(ThreadSnapshot crashed)
    {
        if (map is null || crashed.Registers is not { } registers)
        {
            return [];
        }

        List<StackRange> ranges = IndirectMemory.Choose(map, registers, crashed.Stack, environment, out bool isWhole);
        if (!isWhole)
        {
            errors.Add(CaptureStep.IndirectMemory, Crashed, $"some of what it points at is left out (limit {CaptureLimits.MaxIndirectBlocks} blocks of {CaptureLimits.IndirectBlockBytes} bytes)");
        }

        MemoryRead[] reads = [.. ranges.Select(range => new MemoryRead(range.Start, (int)range.Length))];
        memory.Read(reads);
        return reads.Select(read => read.ToSnapshot()).OfType<MemorySnapshot>();
    }

    private void NotePartial(CaptureStep step, string subject, MemoryRead read)
    {
        // Without the mappings the end of a range is a guess, and a short read no loss that is known of.
        if (!read.IsWhole && (map is not null || read.Count == 0))
        {
            errors.Add(step, subject, $"{read.Count} of {read.Length} bytes at 0x{read.Address:x} could be read");
        }
    }

    private StackRange?[] PlanStacks(List<ThreadSnapshot> threads)
    {
        StackRange?[] stacks = new StackRange?[threads.Count];
        for (int i = 0; i < threads.Count; i++)
        {
            if (threads[i].Registers is not { } registers)
            {
                continue;
            }

            // Without the mappings: as much as there is, up to the limit.
            ulong start = registers.Rsp - Math.Min(registers.Rsp, CaptureLimits.RedZoneBytes);
            ulong blind = (ulong)(i == 0 ? CaptureLimits.BlindStackBytes : CaptureLimits.StackBytes);
            stacks[i] = map is not null
                ? StackFinder.Find(map, registers.Rsp)
                : new StackRange(start, start + Math.Min(blind, ulong.MaxValue - start));
            if (stacks[i] is null)
            {
                errors.Add(CaptureStep.Stack, $"tid {threads[i].ThreadId}", $"its stack pointer 0x{registers.Rsp:x} is in no mapping, nor near one");
            }
        }

        StackFinder.EndBefore(stacks, environment);
        StackFinder.Separate(stacks);
        int[] allotted = StackFinder.Allot([.. stacks.Select(stack => stack?.Length ?? 0)]);
        for (int i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] is { } stack && (ulong)allotted[i] < stack.Length)
            {
                errors.Add(CaptureStep.Stack, $"tid {threads[i].ThreadId}", $"cut from {stack.Length} to {allotted[i]} bytes");
                stacks[i] = stack with { End = stack.Start + (ulong)allotted[i] };
            }
        }

        return stacks;
    }

    /// <summary>The bytes around the crashed instruction, in its mapping, as far as no stack holds them already.</summary>
    private StackRange? PlanWindow(StackRange?[] stacks, ulong instruction, bool isSanitized)
    {
        ulong start = instruction - Math.Min(instruction, CaptureLimits.InstructionWindowBytes);
        ulong end = instruction + Math.Min(CaptureLimits.InstructionWindowBytes, ulong.MaxValue - instruction);
        if (map is not null)
        {
            int index = map.Find(instruction);
            if (index < 0)
            {
                errors.Add(CaptureStep.InstructionWindow, Crashed, $"its instruction pointer 0x{instruction:x} is in no mapping");
                return null;
            }

            start = Math.Max(start, map.Mappings[index].Start);
            end = Math.Min(end, map.Mappings[index].End);
        }

        // A jump into data: what lies there may be a secret, as on a stack.
        if (isSanitized && !IsCode(instruction))
        {
            errors.Add(CaptureStep.InstructionWindow, Crashed, $"its instruction pointer 0x{instruction:x} is in no code, and what is there is left out");
            return null;
        }

        foreach (StackRange? held in stacks)
        {
            if (held is { } stack && stack.Start < end && start < stack.End)
            {
                (start, end) = stack.Start <= start ? (Math.Min(stack.End, end), end) : (start, stack.Start);
            }
        }

        return start < end ? new StackRange(start, end) : null;
    }
}
