using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks;

/// <summary>CONTEXT of x86-64. The first 48 bytes (the home of parameters) and the 26 vector registers at 768 are never filled.</summary>
[StructLayout(LayoutKind.Explicit, Pack = 4, Size = Size)]
internal readonly struct Amd64Context
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 1232;

    /// <summary>Which parts count.</summary>
    [field: FieldOffset(48)] public Amd64ContextFlags ContextFlags { get; init; }

    [field: FieldOffset(52)] public uint MxCsr { get; init; }

    [field: FieldOffset(56)] public ushort SegCs { get; init; }

    [field: FieldOffset(58)] public ushort SegDs { get; init; }

    [field: FieldOffset(60)] public ushort SegEs { get; init; }

    [field: FieldOffset(62)] public ushort SegFs { get; init; }

    [field: FieldOffset(64)] public ushort SegGs { get; init; }

    [field: FieldOffset(66)] public ushort SegSs { get; init; }

    [field: FieldOffset(68)] public uint EFlags { get; init; }

    [field: FieldOffset(72)] public ulong Dr0 { get; init; }

    [field: FieldOffset(80)] public ulong Dr1 { get; init; }

    [field: FieldOffset(88)] public ulong Dr2 { get; init; }

    [field: FieldOffset(96)] public ulong Dr3 { get; init; }

    [field: FieldOffset(104)] public ulong Dr6 { get; init; }

    [field: FieldOffset(112)] public ulong Dr7 { get; init; }

    [field: FieldOffset(120)] public ulong Rax { get; init; }

    [field: FieldOffset(128)] public ulong Rcx { get; init; }

    [field: FieldOffset(136)] public ulong Rdx { get; init; }

    [field: FieldOffset(144)] public ulong Rbx { get; init; }

    [field: FieldOffset(152)] public ulong Rsp { get; init; }

    [field: FieldOffset(160)] public ulong Rbp { get; init; }

    [field: FieldOffset(168)] public ulong Rsi { get; init; }

    [field: FieldOffset(176)] public ulong Rdi { get; init; }

    [field: FieldOffset(184)] public ulong R8 { get; init; }

    [field: FieldOffset(192)] public ulong R9 { get; init; }

    [field: FieldOffset(200)] public ulong R10 { get; init; }

    [field: FieldOffset(208)] public ulong R11 { get; init; }

    [field: FieldOffset(216)] public ulong R12 { get; init; }

    [field: FieldOffset(224)] public ulong R13 { get; init; }

    [field: FieldOffset(232)] public ulong R14 { get; init; }

    [field: FieldOffset(240)] public ulong R15 { get; init; }

    [field: FieldOffset(248)] public ulong Rip { get; init; }

    [field: FieldOffset(256)] public XmmSaveArea32 FltSave { get; init; }

    [field: FieldOffset(1184)] public ulong VectorControl { get; init; }

    [field: FieldOffset(1192)] public ulong DebugControl { get; init; }

    [field: FieldOffset(1200)] public ulong LastBranchToRip { get; init; }

    [field: FieldOffset(1208)] public ulong LastBranchFromRip { get; init; }

    [field: FieldOffset(1216)] public ulong LastExceptionToRip { get; init; }

    [field: FieldOffset(1224)] public ulong LastExceptionFromRip { get; init; }

    /// <summary>The context of a thread's registers.</summary>
    public static Amd64Context Of(Amd64Registers registers)
    {
        Amd64ContextFlags flags = Amd64ContextFlags.Amd64 | Amd64ContextFlags.Control | Amd64ContextFlags.Integer | Amd64ContextFlags.Segments;
        XmmSaveArea32 floats = default;
        uint mxCsr = 0;
        if (registers.FxSave is { Length: XmmSaveArea32.Size } image)
        {
            flags |= Amd64ContextFlags.FloatingPoint;
            image.CopyTo((Span<byte>)floats);
            mxCsr = MemoryMarshal.Read<uint>(image.AsSpan(XmmSaveArea32.MxCsrOffset));
        }

        return new Amd64Context
        {
            ContextFlags = flags,
            MxCsr = mxCsr,
            SegCs = registers.Cs,
            SegDs = registers.Ds,
            SegEs = registers.Es,
            SegFs = registers.Fs,
            SegGs = registers.Gs,
            SegSs = registers.Ss,
            EFlags = registers.EFlags,
            Rax = registers.Rax,
            Rcx = registers.Rcx,
            Rdx = registers.Rdx,
            Rbx = registers.Rbx,
            Rsp = registers.Rsp,
            Rbp = registers.Rbp,
            Rsi = registers.Rsi,
            Rdi = registers.Rdi,
            R8 = registers.R8,
            R9 = registers.R9,
            R10 = registers.R10,
            R11 = registers.R11,
            R12 = registers.R12,
            R13 = registers.R13,
            R14 = registers.R14,
            R15 = registers.R15,
            Rip = registers.Rip,
            FltSave = floats,
        };
    }

    /// <summary>Its general registers: all that unwinding needs.</summary>
    public Amd64Registers ToRegisters() => new()
    {
        Rax = Rax,
        Rcx = Rcx,
        Rdx = Rdx,
        Rbx = Rbx,
        Rsp = Rsp,
        Rbp = Rbp,
        Rsi = Rsi,
        Rdi = Rdi,
        R8 = R8,
        R9 = R9,
        R10 = R10,
        R11 = R11,
        R12 = R12,
        R13 = R13,
        R14 = R14,
        R15 = R15,
        Rip = Rip,
        EFlags = EFlags,
        Cs = SegCs,
        Ds = SegDs,
        Es = SegEs,
        Fs = SegFs,
        Gs = SegGs,
        Ss = SegSs,
    };
}
