using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary><c>struct user_regs_struct</c> of sys/user.h, x86-64, 216 bytes: the register set NT_PRSTATUS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct UserRegs
{
    public const int Size = 216;

    public readonly ulong R15, R14, R13, R12, Rbp, Rbx, R11, R10, R9, R8, Rax, Rcx, Rdx, Rsi, Rdi;
    public readonly ulong OrigRax;
    public readonly ulong Rip, Cs, EFlags, Rsp, Ss;
    public readonly ulong FsBase, GsBase;
    public readonly ulong Ds, Es, Fs, Gs;

    public Amd64Registers ToRegisters(byte[]? fxSave) => new()
    {
        R8 = R8,
        R9 = R9,
        R10 = R10,
        R11 = R11,
        R12 = R12,
        R13 = R13,
        R14 = R14,
        R15 = R15,
        Rdi = Rdi,
        Rsi = Rsi,
        Rbp = Rbp,
        Rbx = Rbx,
        Rdx = Rdx,
        Rax = Rax,
        Rcx = Rcx,
        Rsp = Rsp,
        Rip = Rip,
        EFlags = (uint)EFlags,
        Cs = (ushort)Cs,
        Ds = (ushort)Ds,
        Es = (ushort)Es,
        Fs = (ushort)Fs,
        Gs = (ushort)Gs,
        Ss = (ushort)Ss,
        FsBase = FsBase,
        FxSave = fxSave,
    };
}
