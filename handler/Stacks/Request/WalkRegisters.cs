using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Request;

/// <summary>An encoded thread's registers; 160 bytes. Without the FXSAVE image: no unwinder on x86-64 needs it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct WalkRegisters(Amd64Registers registers)
{
    public const int Size = 160;

    public ulong R8 { get; } = registers.R8;
    public ulong R9 { get; } = registers.R9;
    public ulong R10 { get; } = registers.R10;
    public ulong R11 { get; } = registers.R11;
    public ulong R12 { get; } = registers.R12;
    public ulong R13 { get; } = registers.R13;
    public ulong R14 { get; } = registers.R14;
    public ulong R15 { get; } = registers.R15;
    public ulong Rdi { get; } = registers.Rdi;
    public ulong Rsi { get; } = registers.Rsi;
    public ulong Rbp { get; } = registers.Rbp;
    public ulong Rbx { get; } = registers.Rbx;
    public ulong Rdx { get; } = registers.Rdx;
    public ulong Rax { get; } = registers.Rax;
    public ulong Rcx { get; } = registers.Rcx;
    public ulong Rsp { get; } = registers.Rsp;
    public ulong Rip { get; } = registers.Rip;
    public ulong FsBase { get; } = registers.FsBase;
    public uint EFlags { get; } = registers.EFlags;
    public ushort Cs { get; } = registers.Cs;
    public ushort Ds { get; } = registers.Ds;
    public ushort Es { get; } = registers.Es;
    public ushort Fs { get; } = registers.Fs;
    public ushort Gs { get; } = registers.Gs;
    public ushort Ss { get; } = registers.Ss;

    public Amd64Registers ToRegisters() => new()
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
        FsBase = FsBase,
        EFlags = EFlags,
        Cs = Cs,
        Ds = Ds,
        Es = Es,
        Fs = Fs,
        Gs = Gs,
        Ss = Ss,
    };
}
