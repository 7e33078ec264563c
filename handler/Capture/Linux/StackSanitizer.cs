using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Takes out of stacks and registers what is not needed to walk them: pointers into the stack itself and into code, and small numbers, stay; the rest, which may be
/// a password, is defaced. In place.
/// </summary>
internal static class StackSanitizer
{
    /// <summary>What stands where something was taken out: Crashpad's and Breakpad's mark.</summary>
    public const ulong Defaced = 0x0DEFACED_0DEFACED;

    /// <summary>What a report says of it.</summary>
    public const string Note = "stacks and registers hold pointers and small numbers only, and what they point at is left out: the application wants it so";

    /// <summary>Takes the secrets out of a stack: aligned words are judged, what lies below the stack pointer and in broken words is zeroed.</summary>
    public static void Stack(Span<byte> stack, ulong address, ulong stackPointer, MemoryMap? map)
    {
        ulong first = Math.Max(address, stackPointer);
        ulong lead = unchecked(0 - first) % sizeof(ulong);
        int offset = first - address + lead is var skipped && skipped < (ulong)stack.Length ? (int)skipped : stack.Length;
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(stack[offset..]);
        foreach (ref ulong word in words)
        {
            word = Judge(word, address, address + (ulong)stack.Length, map);
        }

        stack[..offset].Clear();
        stack[(offset + (words.Length * sizeof(ulong)))..].Clear();
    }

    /// <summary>Registers without secrets; the vector registers, which hold copied text, are zeroed.</summary>
    public static Amd64Registers Registers(Amd64Registers registers, MemorySnapshot? stack, MemoryMap? map)
    {
        byte[]? fxSave = registers.FxSave is null ? null : new byte[registers.FxSave.Length];
        registers.FxSave?.AsSpan(0, CaptureLimits.FxSaveControlBytes).CopyTo(fxSave);
        return registers with
        {
            Rax = Judge(registers.Rax, stack, map),
            Rbx = Judge(registers.Rbx, stack, map),
            Rcx = Judge(registers.Rcx, stack, map),
            Rdx = Judge(registers.Rdx, stack, map),
            Rsi = Judge(registers.Rsi, stack, map),
            Rdi = Judge(registers.Rdi, stack, map),
            Rbp = Judge(registers.Rbp, stack, map),
            R8 = Judge(registers.R8, stack, map),
            R9 = Judge(registers.R9, stack, map),
            R10 = Judge(registers.R10, stack, map),
            R11 = Judge(registers.R11, stack, map),
            R12 = Judge(registers.R12, stack, map),
            R13 = Judge(registers.R13, stack, map),
            R14 = Judge(registers.R14, stack, map),
            R15 = Judge(registers.R15, stack, map),
            FxSave = fxSave,
        };
    }

    private static ulong Judge(ulong word, MemorySnapshot? stack, MemoryMap? map) => Judge(word, stack?.Address ?? 0, stack?.End ?? 0, map);

    private static ulong Judge(ulong word, ulong stackStart, ulong stackEnd, MemoryMap? map)
    {
        bool isKept = word <= CaptureLimits.LargestSmallNumber
            || word >= unchecked(0 - CaptureLimits.LargestSmallNumber)
            || (stackStart <= word && word < stackEnd)
            || (map is not null && map.Find(word) is >= 0 and int index && map.Mappings[index].Executable);
        return isKept ? word : Defaced;
    }
}
