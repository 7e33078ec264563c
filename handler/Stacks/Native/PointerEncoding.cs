namespace CrashHandler.Handler.Stacks.Native;

/// <summary><c>DW_EH_PE</c> values of the LSB core specification, "DWARF Exception Header Encoding".</summary>
internal static class PointerEncoding
{
    public const byte Omit = 0xff;

    public const byte FormatMask = 0x0f;
    public const byte Absolute = 0x00;
    public const byte Unsigned = 0x01;
    public const byte UInt16 = 0x02;
    public const byte UInt32 = 0x03;
    public const byte UInt64 = 0x04;
    public const byte Signed = 0x09;
    public const byte Int16 = 0x0a;
    public const byte Int32 = 0x0b;
    public const byte Int64 = 0x0c;

    public const byte ApplicationMask = 0x70;
    public const byte PcRelative = 0x10;
    public const byte DataRelative = 0x30;

    /// <summary>What every linker writes for the search table, and the only one that is one: pairs of signed 32-bit distances from the header.</summary>
    public const byte SearchTable = DataRelative | Int32;
}
