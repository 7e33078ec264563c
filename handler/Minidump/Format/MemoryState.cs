namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The MEM_* constants of a range's state.</summary>
internal enum MemoryState : uint
{
    None = 0,
    Commit = 0x1000,

    /// <summary>Taken, but nobody may touch it.</summary>
    Reserve = 0x2000,
    Free = 0x10000,
}
