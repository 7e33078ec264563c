namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The CPU of a <see cref="MinidumpSystemInfo"/>.</summary>
internal enum ProcessorArchitecture : ushort
{
    X86 = 0,
    Mips = 1,
    Ppc = 3,
    Arm = 5,
    Amd64 = 9,
    X86OnAmd64 = 10,
    Arm64 = 12,
    Sparc = 0x8001,
    Ppc64 = 0x8002,

    /// <summary>ARM64 as Breakpad wrote it before Microsoft gave it a number.</summary>
    Arm64Old = 0x8003,
    Mips64 = 0x8004,
    RiscV = 0x8005,
    RiscV64 = 0x8006,
    Unknown = 0xFFFF,
}
