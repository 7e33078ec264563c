namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Whether the bytes before an address are a call (Intel SDM, volume 2, "CALL"): else nothing returns there.</summary>
internal static class CallInstruction
{
    /// <summary>The longest: opcode, ModRM, SIB and four bytes of displacement.</summary>
    public const int Bytes = 7;

    private const byte Relative = 0xe8;
    private const int RelativeBytes = 5;
    private const byte Indirect = 0xff;
    private const int CallField = 2;

    /// <summary>Whether bytes end with a call.</summary>
    /// <param name="before">The bytes before the address, <see cref="Bytes"/> of them or fewer.</param>
    public static bool Ends(ReadOnlySpan<byte> before)
    {
        if (before.Length >= RelativeBytes && before[^RelativeBytes] == Relative)
        {
            return true;
        }

        for (int length = 2; length <= before.Length; length++)
        {
            if (before[^length] == Indirect && IndirectLength(before[^length..]) == length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Bytes of an indirect call; 0: it is none.</summary>
    private static int IndirectLength(ReadOnlySpan<byte> instruction)
    {
        byte modRm = instruction[1];
        int mode = modRm >> 6;
        int operand = modRm & 7;
        if (((modRm >> 3) & 7) != CallField)
        {
            return 0;
        }

        bool hasScale = mode != 3 && operand == 4;
        int length = hasScale ? 3 : 2;
        return mode switch
        {
            0 when operand == 5 => length + 4,
            0 when hasScale && instruction.Length > 2 && (instruction[2] & 7) == 5 => length + 4,
            1 => length + 1,
            2 => length + 4,
            _ => length,
        };
    }
}
