using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>RUNTIME_FUNCTION</c>, 12 bytes. Its addresses are distances from the image's beginning.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RuntimeFunction
{
    public const int Size = 12;

    /// <summary><c>RUNTIME_FUNCTION_INDIRECT</c> in <see cref="UnwindData"/>: there is another RUNTIME_FUNCTION, not an UNWIND_INFO.</summary>
    public const uint Indirect = 1;

    public readonly uint BeginAddress;

    /// <summary>Behind its last byte.</summary>
    public readonly uint EndAddress;

    public readonly uint UnwindData;

    /// <summary>Whether an address is in it.</summary>
    public bool Contains(uint address) => BeginAddress <= address && address < EndAddress;
}
