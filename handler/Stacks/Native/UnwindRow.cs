namespace CrashHandler.Handler.Stacks.Native;

/// <summary>How to find the caller's registers at one instruction: a row of the table of DWARF 5, section 6.4.1.</summary>
internal sealed class UnwindRow : IUnwindRow
{
    private readonly RegisterRule _cfa;
    private readonly int _returnRegister;
    private readonly (int Register, RegisterRule Rule)[] _rules;

    /// <param name="function">What it is of.</param>
    /// <param name="cfa">How the canonical frame address is found: <see cref="RegisterRuleKind.Register"/> or <see cref="RegisterRuleKind.ValueExpression"/>.</param>
    /// <param name="rules">How each register is found.</param>
    public UnwindRow(FrameDescriptionEntry function, RegisterRule cfa, ReadOnlySpan<RegisterRule> rules)
    {
        FunctionStart = function.Start;
        IsSignalFrame = function.Common.IsSignalFrame;
        _returnRegister = function.Common.ReturnRegister;
        _cfa = cfa;
        IsOutermost = rules[_returnRegister].Kind == RegisterRuleKind.Undefined;
        List<(int, RegisterRule)> kept = [];
        for (int register = 0; register < rules.Length; register++)
        {
            if (rules[register].Kind is not (RegisterRuleKind.SameValue or RegisterRuleKind.Undefined))
            {
                kept.Add((register, rules[register]));
            }
        }

        _rules = [.. kept];
    }

    public ulong FunctionStart { get; }

    public bool IsSignalFrame { get; }

    /// <summary>There is no caller: <c>_start</c>, <c>clone</c>.</summary>
    public bool IsOutermost { get; }

    public RegisterFile Unwind(in RegisterFile registers, CachedMemory memory)
    {
        ulong cfa = _cfa.Kind == RegisterRuleKind.ValueExpression
            ? DwarfExpression.Evaluate(_cfa.Expression, registers, memory)
            : unchecked(registers[_cfa.Register] + (ulong)_cfa.Offset);
        RegisterFile caller = registers;
        caller[DwarfRegister.Rsp] = cfa;
        foreach ((int register, RegisterRule rule) in _rules)
        {
            caller[register] = rule.Kind switch
            {
                RegisterRuleKind.Offset => memory.Read<ulong>(unchecked(cfa + (ulong)rule.Offset)),
                RegisterRuleKind.ValueOffset => unchecked(cfa + (ulong)rule.Offset),
                RegisterRuleKind.Register => registers[rule.Register],
                RegisterRuleKind.Expression => memory.Read<ulong>(DwarfExpression.Evaluate(rule.Expression, registers, memory, cfa)),
                _ => DwarfExpression.Evaluate(rule.Expression, registers, memory, cfa),
            };
        }

        caller[DwarfRegister.ReturnAddress] = caller[_returnRegister];
        return caller;
    }
}
