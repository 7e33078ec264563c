namespace CrashHandler.Handler.Stacks;

/// <summary>Registers of an x86-64 thread.</summary>
internal sealed record Amd64Registers
{
    public ulong R8 { get; init; }
    public ulong R9 { get; init; }
    public ulong R10 { get; init; }
    public ulong R11 { get; init; }
    public ulong R12 { get; init; }
    public ulong R13 { get; init; }
    public ulong R14 { get; init; }
    public ulong R15 { get; init; }
    public ulong Rdi { get; init; }
    public ulong Rsi { get; init; }
    public ulong Rbp { get; init; }
    public ulong Rbx { get; init; }
    public ulong Rdx { get; init; }
    public ulong Rax { get; init; }
    public ulong Rcx { get; init; }
    public ulong Rsp { get; init; }
    public ulong Rip { get; init; }
    public uint EFlags { get; init; }
    public ushort Cs { get; init; }
    public ushort Ds { get; init; }
    public ushort Es { get; init; }
    public ushort Fs { get; init; }
    public ushort Gs { get; init; }
    public ushort Ss { get; init; }

    /// <summary>Thread pointer; has no slot in a minidump's context and stands in the thread's TEB field.</summary>
    public ulong FsBase { get; init; }

    /// <summary>The 512 bytes of the FXSAVE image; null when they are not known.</summary>
    public byte[]? FxSave { get; init; }
}
