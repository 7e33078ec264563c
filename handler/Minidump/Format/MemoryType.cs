namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The MEM_* constants of a range's type.</summary>
internal enum MemoryType : uint
{
    None = 0,
    Private = 0x20000,
    Mapped = 0x40000,
    Image = 0x1000000,
}
