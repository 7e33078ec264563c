using System.Buffers.Binary;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>
/// The end of a function, by its instructions: only those that "x64 prolog and epilog" allows there, so whatever else there is, is no epilogue. An addition to RSP or a LEA to it, pops, and a return, or
/// a jump to another function.
/// </summary>
internal static class EpilogCode
{
    private const byte RexW = 0x48, RexWideBase = 0x49, RexBits = 0xf8, AnyRex = 0x40, AnyRexBits = 0xf0;
    private const byte AddByte = 0x83, AddDouble = 0x81, AddToStack = 0xc4;
    private const byte Lea = 0x8d, LeaStackByte = 0x60, LeaStackDouble = 0xa0;
    private const byte Pop = 0x58, LowBits = 0x07;
    private const byte Return = 0xc3, ReturnFreeing = 0xc2, Repeat = 0xf3;
    private const byte JumpByte = 0xeb, JumpDouble = 0xe9, JumpIndirect = 0xff, JumpThroughMemory = 0x25, OperandField = 0x38, JumpField = 0x20;
    private const int High = 8;
    private const int ByteFormBytes = 4, DoubleFormBytes = 7;
    private const int WordBytes = sizeof(ulong);

    /// <summary>What is left to be undone before the return address is on top of the stack; null: it is no epilogue.</summary>
    /// <param name="code">The instructions.</param>
    /// <param name="address">Where they are.</param>
    /// <param name="frameRegister">Number of the register that points into the frame; 0: none does.</param>
    /// <param name="leaves">Whether a jump to an address leaves the function for another one.</param>
    public static List<UnwindAction>? Read(ReadOnlySpan<byte> code, uint address, int frameRegister, Func<uint, bool> leaves)
    {
        List<UnwindAction> actions = [];
        int at = Free(code, frameRegister, actions);
        while (PopLength(code[at..]) is > 0 and int length)
        {
            int high = length > 1 ? (code[at] & 1) * High : 0;
            int register = (code[at + length - 1] & LowBits) + high;
            actions.Add(register == PeUnwindRow.StackPointer ? new UnwindAction(UnwindActionKind.Free, 0, WordBytes) : new UnwindAction(UnwindActionKind.Pop, register, 0));
            at += length;
        }

        return Ends(code[at..], unchecked(address + (uint)at), leaves) ? actions : null;
    }

    private static int Free(ReadOnlySpan<byte> code, int frameRegister, List<UnwindAction> actions)
    {
        if (code.Length < DoubleFormBytes || code[0] is not (RexW or RexWideBase))
        {
            return 0;
        }

        if (code[0] == RexW && code[2] == AddToStack && code[1] is AddByte or AddDouble)
        {
            bool isByte = code[1] == AddByte;
            actions.Add(new UnwindAction(UnwindActionKind.Free, 0, Displacement(code[3..], isByte)));
            return isByte ? ByteFormBytes : DoubleFormBytes;
        }

        // LEA frees a frame of which the size is known only when it runs, so it is always from the frame's register; R12 would need another byte, and is none's.
        int register = ((code[0] & 1) * High) + (code[2] & LowBits);
        if (code[1] == Lea && frameRegister != 0 && register == frameRegister && (code[2] & LowBits) != PeUnwindRow.StackPointer && (code[2] & RexBits) is LeaStackByte or LeaStackDouble)
        {
            bool isByte = (code[2] & RexBits) == LeaStackByte;
            actions.Add(new UnwindAction(UnwindActionKind.SetStack, register, Displacement(code[3..], isByte)));
            return isByte ? ByteFormBytes : DoubleFormBytes;
        }

        return 0;
    }

    private static int Displacement(ReadOnlySpan<byte> code, bool isByte) => isByte ? (sbyte)code[0] : BinaryPrimitives.ReadInt32LittleEndian(code);

    private static int PopLength(ReadOnlySpan<byte> code)
        => code.Length > 0 && (code[0] & ~LowBits) == Pop ? 1
            : code.Length > 1 && (code[0] & AnyRexBits) == AnyRex && (code[1] & ~LowBits) == Pop ? 2
            : 0;

    private static bool Ends(ReadOnlySpan<byte> code, uint address, Func<uint, bool> leaves) => code switch
    {
        [Return or ReturnFreeing, ..] or [Repeat, Return, ..] => true,
        [JumpByte, byte distance, ..] => leaves(unchecked(address + 2 + (uint)(sbyte)distance)),
        [JumpDouble, _, _, _, _, ..] => leaves(unchecked(address + 5 + BinaryPrimitives.ReadUInt32LittleEndian(code[1..]))),

        // Through memory: to an imported function. Compilers write the needless REX.W to tell a jump to another function from one within a table.
        [JumpIndirect, JumpThroughMemory, ..] => true,
        [byte rex, JumpIndirect, byte operand, ..] => (rex & RexBits) == RexW && (operand & OperandField) == JumpField,
        _ => false,
    };
}
