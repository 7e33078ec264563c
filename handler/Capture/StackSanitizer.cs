using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture;

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
    /// <param name="stack">Its bytes.</param>
    /// <param name="address">Of the first one.</param>
    /// <param name="stackPointer">Of its thread; the highest number: it is not known.</param>
    /// <param name="isCode">Whether an address is in code.</param>
    public static void Stack(Span<byte> stack, ulong address, ulong stackPointer, Predicate<ulong> isCode)
    {
        ulong first = Math.Max(address, stackPointer);
        ulong lead = unchecked(0 - first) % sizeof(ulong);
        int offset = first - address + lead is var skipped && skipped < (ulong)stack.Length ? (int)skipped : stack.Length;
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(stack[offset..]);
        foreach (ref ulong word in words)
        {
            word = Judge(word, address, address + (ulong)stack.Length, isCode);
        }

        stack[..offset].Clear();
        stack[(offset + (words.Length * sizeof(ulong)))..].Clear();
    }

    /// <summary>Registers without secrets; the vector registers, which hold copied text, are zeroed.</summary>
    /// <param name="registers">As they were.</param>
    /// <param name="stackStart">First address of what is known of their thread's stack.</param>
    /// <param name="stackEnd">Behind its last one; the same: nothing is known.</param>
    /// <param name="isCode">Whether an address is in code.</param>
    public static Amd64Registers Registers(Amd64Registers registers, ulong stackStart, ulong stackEnd, Predicate<ulong> isCode)
    {
        ulong Kept(ulong word) => Judge(word, stackStart, stackEnd, isCode);
        byte[]? fxSave = registers.FxSave is null ? null : new byte[registers.FxSave.Length];
        registers.FxSave?.AsSpan(0, CaptureLimits.FxSaveControlBytes).CopyTo(fxSave);
        return registers with
        {
            Rax = Kept(registers.Rax),
            Rbx = Kept(registers.Rbx),
            Rcx = Kept(registers.Rcx),
            Rdx = Kept(registers.Rdx),
            Rsi = Kept(registers.Rsi),
            Rdi = Kept(registers.Rdi),
            Rbp = Kept(registers.Rbp),
            R8 = Kept(registers.R8),
            R9 = Kept(registers.R9),
            R10 = Kept(registers.R10),
            R11 = Kept(registers.R11),
            R12 = Kept(registers.R12),
            R13 = Kept(registers.R13),
            R14 = Kept(registers.R14),
            R15 = Kept(registers.R15),
            FxSave = fxSave,
        };
    }

    /// <summary>A word, or what stands where it is taken out.</summary>
    public static ulong Judge(ulong word, ulong stackStart, ulong stackEnd, Predicate<ulong> isCode)
    {
        bool isKept = word <= CaptureLimits.LargestSmallNumber
            || word >= unchecked(0 - CaptureLimits.LargestSmallNumber)
            || (stackStart <= word && word < stackEnd)
            || isCode(word);
        return isKept ? word : Defaced;
    }
}
