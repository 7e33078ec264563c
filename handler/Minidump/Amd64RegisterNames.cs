using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>The registers people look at, in the order debuggers show them.</summary>
internal static class Amd64RegisterNames
{
    public static IReadOnlyList<(string Name, ulong Value)> Of(in Amd64Context context) =>
    [
        ("rax", context.Rax),
        ("rdx", context.Rdx),
        ("rcx", context.Rcx),
        ("rbx", context.Rbx),
        ("rsi", context.Rsi),
        ("rdi", context.Rdi),
        ("rbp", context.Rbp),
        ("rsp", context.Rsp),
        ("r8", context.R8),
        ("r9", context.R9),
        ("r10", context.R10),
        ("r11", context.R11),
        ("r12", context.R12),
        ("r13", context.R13),
        ("r14", context.R14),
        ("r15", context.R15),
        ("rip", context.Rip),
        ("eflags", context.EFlags),
    ];
}
