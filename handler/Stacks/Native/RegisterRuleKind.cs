namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Register rules of DWARF 5, section 6.4.1. What has no rule keeps its value, as the psABI says of the registers that a callee saves.</summary>
internal enum RegisterRuleKind : byte
{
    SameValue,
    Undefined,

    /// <summary>At CFA plus offset.</summary>
    Offset,

    /// <summary>It is CFA plus offset.</summary>
    ValueOffset,

    /// <summary>In another register; as the CFA's rule, that register plus offset.</summary>
    Register,

    /// <summary>At the address that an expression computes.</summary>
    Expression,

    /// <summary>It is what an expression computes.</summary>
    ValueExpression,
}
