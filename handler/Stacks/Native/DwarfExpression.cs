namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Evaluates the expressions of DWARF 5, section 2.5, that call frame information may have (section 6.4.2): arithmetic over registers and memory.</summary>
internal static class DwarfExpression
{
    /// <summary>Computes one.</summary>
    /// <param name="expression">Its operations.</param>
    /// <param name="registers">Of the frame.</param>
    /// <param name="memory">The process's.</param>
    /// <param name="initial">What stands on the stack before; null: nothing.</param>
    /// <exception cref="InvalidDataException">It is no such expression, takes too long, or reads what is not there.</exception>
    public static ulong Evaluate(ReadOnlySpan<byte> expression, in RegisterFile registers, CachedMemory memory, ulong? initial = null)
    {
        Stack stack = new(new ulong[StacksLimits.ExpressionValues]);
        if (initial is { } first)
        {
            stack.Push(first);
        }

        DwarfReader reader = new(expression, 0);
        for (int done = 0; !reader.AtEnd; done++)
        {
            if (done == StacksLimits.ExpressionOperations)
            {
                throw new InvalidDataException("an expression of too many operations");
            }

            Execute(ref reader, ref stack, registers, memory);
        }

        return stack.Pop();
    }

    private static void Execute(ref DwarfReader reader, ref Stack stack, in RegisterFile registers, CachedMemory memory)
    {
        byte operation = reader.Byte();
        ulong right;
        switch (operation)
        {
            case >= 0x30 and <= 0x4f: // DW_OP_lit0
                stack.Push(operation - 0x30u);
                return;
            case >= 0x70 and <= 0x8f: // DW_OP_breg0
                stack.Push(unchecked(Register(registers, operation - 0x70u) + (ulong)reader.Signed()));
                return;
            case 0x92: // DW_OP_bregx
                right = reader.Unsigned();
                stack.Push(unchecked(Register(registers, right) + (ulong)reader.Signed()));
                return;
            case 0x03 or 0x0e or 0x0f: // DW_OP_addr, const8u, const8s
                stack.Push(reader.UInt64());
                return;
            case 0x06: // DW_OP_deref
                stack.Push(memory.Read<ulong>(stack.Pop()));
                return;
            case 0x94: // DW_OP_deref_size
                byte size = reader.Byte();
                stack.Push(Dereference(memory, stack.Pop(), size));
                return;
            case 0x08: // DW_OP_const1u
                stack.Push(reader.Byte());
                return;
            case 0x09: // DW_OP_const1s
                stack.Push((ulong)(sbyte)reader.Byte());
                return;
            case 0x0a: // DW_OP_const2u
                stack.Push(reader.UInt16());
                return;
            case 0x0b: // DW_OP_const2s
                stack.Push((ulong)(short)reader.UInt16());
                return;
            case 0x0c: // DW_OP_const4u
                stack.Push(reader.UInt32());
                return;
            case 0x0d: // DW_OP_const4s
                stack.Push((ulong)(int)reader.UInt32());
                return;
            case 0x10: // DW_OP_constu
                stack.Push(reader.Unsigned());
                return;
            case 0x11: // DW_OP_consts
                stack.Push((ulong)reader.Signed());
                return;
            case 0x12: // DW_OP_dup
                stack.Push(stack.Peek(0));
                return;
            case 0x13: // DW_OP_drop
                stack.Pop();
                return;
            case 0x14: // DW_OP_over
                stack.Push(stack.Peek(1));
                return;
            case 0x15: // DW_OP_pick
                stack.Push(stack.Peek(reader.Byte()));
                return;
            case 0x16: // DW_OP_swap
                (stack.Top(0), stack.Top(1)) = (stack.Top(1), stack.Top(0));
                return;
            case 0x17: // DW_OP_rot
                (stack.Top(0), stack.Top(1), stack.Top(2)) = (stack.Top(1), stack.Top(2), stack.Top(0));
                return;
            case 0x19: // DW_OP_abs
                stack.Top(0) = (long)stack.Peek(0) < 0 ? unchecked(0 - stack.Peek(0)) : stack.Peek(0);
                return;
            case 0x1f: // DW_OP_neg
                stack.Top(0) = unchecked(0 - stack.Peek(0));
                return;
            case 0x20: // DW_OP_not
                stack.Top(0) = ~stack.Peek(0);
                return;
            case 0x23: // DW_OP_plus_uconst
                right = reader.Unsigned();
                stack.Top(0) = unchecked(stack.Peek(0) + right);
                return;
            case 0x2f: // DW_OP_skip
                reader.Skip((short)reader.UInt16());
                return;
            case 0x28: // DW_OP_bra
                short distance = (short)reader.UInt16();
                reader.Skip(stack.Pop() != 0 ? distance : 0);
                return;
            case 0x96: // DW_OP_nop
                return;
        }

        right = stack.Pop();
        stack.Top(0) = Binary(operation, stack.Peek(0), right);
    }

    private static ulong Binary(byte operation, ulong left, ulong right) => unchecked(operation switch
    {
        0x1a => left & right, // DW_OP_and
        0x1b => Divide((long)left, (long)right), // DW_OP_div
        0x1c => left - right, // DW_OP_minus
        0x1d => right != 0 ? left % right : throw new InvalidDataException("an expression divides by 0"), // DW_OP_mod
        0x1e => left * right, // DW_OP_mul
        0x21 => left | right, // DW_OP_or
        0x22 => left + right, // DW_OP_plus
        0x24 => right < 64 ? left << (int)right : 0, // DW_OP_shl
        0x25 => right < 64 ? left >> (int)right : 0, // DW_OP_shr
        0x26 => (ulong)((long)left >> (int)Math.Min(right, 63)), // DW_OP_shra
        0x27 => left ^ right, // DW_OP_xor
        0x29 => left == right ? 1u : 0, // DW_OP_eq
        0x2a => (long)left >= (long)right ? 1u : 0, // DW_OP_ge
        0x2b => (long)left > (long)right ? 1u : 0, // DW_OP_gt
        0x2c => (long)left <= (long)right ? 1u : 0, // DW_OP_le
        0x2d => (long)left < (long)right ? 1u : 0, // DW_OP_lt
        0x2e => left != right ? 1u : 0, // DW_OP_ne
        _ => throw new InvalidDataException($"operation 0x{operation:x} in an expression"),
    });

    private static ulong Divide(long left, long right) => right switch
    {
        0 => throw new InvalidDataException("an expression divides by 0"),
        -1 => unchecked((ulong)-left),
        _ => (ulong)(left / right),
    };

    private static ulong Dereference(CachedMemory memory, ulong address, byte size) => size switch
    {
        1 => memory.Read<byte>(address),
        2 => memory.Read<ushort>(address),
        4 => memory.Read<uint>(address),
        8 => memory.Read<ulong>(address),
        _ => throw new InvalidDataException($"an expression reads {size} bytes"),
    };

    private static ulong Register(in RegisterFile registers, ulong register)
        => register < DwarfRegister.Count ? registers[(int)register] : throw new InvalidDataException($"register {register} in an expression");

    private struct Stack(ulong[] values)
    {
        private int _count;

        public void Push(ulong value)
        {
            if (_count == values.Length)
            {
                throw new InvalidDataException("an expression of too many values");
            }

            values[_count++] = value;
        }

        public ulong Pop()
        {
            ulong value = Peek(0);
            _count--;
            return value;
        }

        public readonly ulong Peek(int depth) => Top(depth);

        public readonly ref ulong Top(int depth)
        {
            if (depth >= _count)
            {
                throw new InvalidDataException("an expression takes what it has not pushed");
            }

            return ref values[_count - 1 - depth];
        }
    }
}
