using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary><c>gregset_t</c> of sys/ucontext.h, x86-64, 184 bytes, at offset 40 of a <c>ucontext_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct GeneralRegs
{
    public const int Size = 184;

    /// <summary>Where it stands in a <c>ucontext_t</c>.</summary>
    public const int OffsetInUContext = 40;

    // What a 64-bit process always has; getcontext(3) saves no segments, and kernels before 4.6 no ss.
    private const ushort UserCs = 0x33;
    private const ushort UserSs = 0x2b;

    public readonly ulong R8, R9, R10, R11, R12, R13, R14, R15, Rdi, Rsi, Rbp, Rbx, Rdx, Rax, Rcx, Rsp, Rip, EFlags;

    /// <summary>cs, gs, fs and ss, 16 bits each.</summary>
    public readonly ulong CsGsFs;
    public readonly ulong Err, TrapNo, OldMask, Cr2;

    public Amd64Registers ToRegisters(ulong fsBase, byte[]? fxSave) => new()
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
        Cs = (ushort)CsGsFs is not 0 and ushort cs ? cs : UserCs,
        Gs = (ushort)(CsGsFs >> 16),
        Fs = (ushort)(CsGsFs >> 32),
        Ss = (ushort)(CsGsFs >> 48) is not 0 and ushort ss ? ss : UserSs,
        FsBase = fsBase,
        FxSave = fxSave,
    };
}
