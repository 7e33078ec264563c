namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Register numbers of the x86-64 psABI, figure 3.36 "DWARF Register Number Mapping". Those above are not followed: no caller's frame depends on them.</summary>
internal static class DwarfRegister
{
    public const int Rax = 0;
    public const int Rdx = 1;
    public const int Rcx = 2;
    public const int Rbx = 3;
    public const int Rsi = 4;
    public const int Rdi = 5;
    public const int Rbp = 6;
    public const int Rsp = 7;
    public const int R8 = 8;
    public const int R9 = 9;
    public const int R10 = 10;
    public const int R11 = 11;
    public const int R12 = 12;
    public const int R13 = 13;
    public const int R14 = 14;
    public const int R15 = 15;

    /// <summary>The return address; in a frame's own registers its instruction pointer.</summary>
    public const int ReturnAddress = 16;

    /// <summary>How many are followed.</summary>
    public const int Count = 17;
}
