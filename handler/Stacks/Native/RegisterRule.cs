namespace CrashHandler.Handler.Stacks.Native;

/// <summary>How the caller's value of a register is found.</summary>
/// <param name="Kind">Which way.</param>
/// <param name="Register">The other register.</param>
/// <param name="Offset">Bytes.</param>
/// <param name="Expression">A DWARF expression.</param>
internal readonly record struct RegisterRule(RegisterRuleKind Kind, int Register = 0, long Offset = 0, byte[]? Expression = null);
