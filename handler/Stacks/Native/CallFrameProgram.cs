namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Runs call frame instructions (DWARF 5, section 6.4.2, and GNU's) up to one address.</summary>
internal ref struct CallFrameProgram
{
    private readonly FrameDescriptionEntry _function;
    private readonly ulong _address;
    private readonly Span<RegisterRule> _rules;
    private readonly Span<RegisterRule> _initial;
    private readonly Stack<(RegisterRule Cfa, RegisterRule[] Rules)> _remembered = [];
    private RegisterRule _cfa;
    private ulong _location;

    private CallFrameProgram(FrameDescriptionEntry function, ulong address, Span<RegisterRule> rules, Span<RegisterRule> initial)
    {
        _function = function;
        _address = address;
        _rules = rules;
        _initial = initial;
        _location = function.Start;
    }

    /// <summary>The row at an address of a function.</summary>
    /// <exception cref="InvalidDataException">An instruction is none that is known, or makes no sense.</exception>
    public static UnwindRow Run(FrameDescriptionEntry function, ulong address)
    {
        CallFrameProgram program = new(function, address, new RegisterRule[DwarfRegister.Count], new RegisterRule[DwarfRegister.Count]);
        program.Execute(function.Common.Instructions);
        program._rules.CopyTo(program._initial);
        program.Execute(function.Instructions);
        return program._cfa.Kind is RegisterRuleKind.Register or RegisterRuleKind.ValueExpression
            ? new UnwindRow(function, program._cfa, program._rules)
            : throw new InvalidDataException("an unwind program without a frame address");
    }

    private void Execute(ReadOnlySpan<byte> instructions)
    {
        // set_loc is the one instruction whose operand may relate to its own place, and no compiler writes it for this processor.
        DwarfReader reader = new(instructions, 0);
        while (!reader.AtEnd && _location <= _address)
        {
            byte instruction = reader.Byte();
            int operand = instruction & 0x3f;
            switch (instruction & 0xc0)
            {
                case 0x40: // DW_CFA_advance_loc
                    Advance((ulong)operand);
                    break;
                case 0x80: // DW_CFA_offset
                    Set((ulong)operand, new RegisterRule(RegisterRuleKind.Offset, 0, Factored(reader.Unsigned())));
                    break;
                case 0xc0: // DW_CFA_restore
                    Restore((ulong)operand);
                    break;
                default:
                    Extended(instruction, ref reader);
                    break;
            }
        }
    }

    private void Extended(byte instruction, ref DwarfReader reader)
    {
        ulong register;
        switch (instruction)
        {
            case 0x00: // DW_CFA_nop
                return;
            case 0x01: // DW_CFA_set_loc
                _location = (_function.Common.PointerEncoding & PointerEncoding.ApplicationMask) == PointerEncoding.Absolute
                    ? reader.Pointer(_function.Common.PointerEncoding)
                    : throw new InvalidDataException("DW_CFA_set_loc with a relative address");
                return;
            case 0x02: // DW_CFA_advance_loc1
                Advance(reader.Byte());
                return;
            case 0x03: // DW_CFA_advance_loc2
                Advance(reader.UInt16());
                return;
            case 0x04: // DW_CFA_advance_loc4
                Advance(reader.UInt32());
                return;
            case 0x05: // DW_CFA_offset_extended
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.Offset, 0, Factored(reader.Unsigned())));
                return;
            case 0x06: // DW_CFA_restore_extended
                Restore(reader.Unsigned());
                return;
            case 0x07: // DW_CFA_undefined
                Set(reader.Unsigned(), new RegisterRule(RegisterRuleKind.Undefined));
                return;
            case 0x08: // DW_CFA_same_value
                Set(reader.Unsigned(), new RegisterRule(RegisterRuleKind.SameValue));
                return;
            case 0x09: // DW_CFA_register
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.Register, Known(reader.Unsigned())));
                return;
            case 0x0a: // DW_CFA_remember_state
                Remember();
                return;
            case 0x0b: // DW_CFA_restore_state
                (_cfa, RegisterRule[] rules) = _remembered.TryPop(out (RegisterRule, RegisterRule[]) row) ? row : throw new InvalidDataException("a row is restored that was not remembered");
                rules.CopyTo(_rules);
                return;
            case 0x0c: // DW_CFA_def_cfa
                register = reader.Unsigned();
                _cfa = new RegisterRule(RegisterRuleKind.Register, Known(register), (long)reader.Unsigned());
                return;
            case 0x0d: // DW_CFA_def_cfa_register
                _cfa = OfRegister() with { Register = Known(reader.Unsigned()) };
                return;
            case 0x0e: // DW_CFA_def_cfa_offset
                _cfa = OfRegister() with { Offset = (long)reader.Unsigned() };
                return;
            case 0x0f: // DW_CFA_def_cfa_expression
                _cfa = new RegisterRule(RegisterRuleKind.ValueExpression, 0, 0, reader.Expression());
                return;
            case 0x10: // DW_CFA_expression
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.Expression, 0, 0, reader.Expression()));
                return;
            case 0x11: // DW_CFA_offset_extended_sf
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.Offset, 0, Factored((ulong)reader.Signed())));
                return;
            case 0x12: // DW_CFA_def_cfa_sf
                register = reader.Unsigned();
                _cfa = new RegisterRule(RegisterRuleKind.Register, Known(register), Factored((ulong)reader.Signed()));
                return;
            case 0x13: // DW_CFA_def_cfa_offset_sf
                _cfa = OfRegister() with { Offset = Factored((ulong)reader.Signed()) };
                return;
            case 0x14: // DW_CFA_val_offset
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.ValueOffset, 0, Factored(reader.Unsigned())));
                return;
            case 0x15: // DW_CFA_val_offset_sf
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.ValueOffset, 0, Factored((ulong)reader.Signed())));
                return;
            case 0x16: // DW_CFA_val_expression
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.ValueExpression, 0, 0, reader.Expression()));
                return;
            case 0x2e: // DW_CFA_GNU_args_size
                reader.Unsigned();
                return;
            case 0x2f: // DW_CFA_GNU_negative_offset_extended
                register = reader.Unsigned();
                Set(register, new RegisterRule(RegisterRuleKind.Offset, 0, unchecked(-Factored(reader.Unsigned()))));
                return;
            default:
                throw new InvalidDataException($"call frame instruction 0x{instruction:x}");
        }
    }

    private void Advance(ulong distance)
    {
        ulong to = unchecked(_location + (distance * _function.Common.CodeAlignment));
        _location = to >= _location ? to : throw new InvalidDataException("an unwind program that goes back");
    }

    private readonly long Factored(ulong offset) => unchecked((long)offset * _function.Common.DataAlignment);

    private readonly void Set(ulong register, RegisterRule rule)
    {
        // Others, such as vector registers, are nobody's way to a caller.
        if (register < DwarfRegister.Count)
        {
            _rules[(int)register] = rule;
        }
    }

    private readonly void Restore(ulong register)
    {
        if (register < DwarfRegister.Count)
        {
            _rules[(int)register] = _initial[(int)register];
        }
    }

    private readonly void Remember()
    {
        if (_remembered.Count == StacksLimits.RememberedRows)
        {
            throw new InvalidDataException("an unwind program that remembers too many rows");
        }

        _remembered.Push((_cfa, _rules.ToArray()));
    }

    private readonly RegisterRule OfRegister()
        => _cfa.Kind == RegisterRuleKind.Register ? _cfa : throw new InvalidDataException("a frame address that is no register's is changed as if it were");

    private static int Known(ulong register)
        => register < DwarfRegister.Count ? (int)register : throw new InvalidDataException($"register {register} in an unwind program");
}
