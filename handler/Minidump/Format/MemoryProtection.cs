namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The PAGE_* constants that Linux's permissions become.</summary>
[Flags]
internal enum MemoryProtection : uint
{
    None = 0,
    NoAccess = 0x01,
    ReadOnly = 0x02,
    ReadWrite = 0x04,
    WriteCopy = 0x08,
    Execute = 0x10,
    ExecuteRead = 0x20,
    ExecuteReadWrite = 0x40,
    ExecuteWriteCopy = 0x80,

    /// <summary>PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE: of Windows, beside one of the others.</summary>
    Modifiers = 0x700,
}
