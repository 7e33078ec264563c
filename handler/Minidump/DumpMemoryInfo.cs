using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>A range of addresses in a minidump: what the process had there, whether or not its bytes are in the file.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="Size">Bytes.</param>
/// <param name="State">Used, reserved or free.</param>
/// <param name="Protection">What may be done with it.</param>
/// <param name="Type">Private, mapped or image.</param>
internal readonly record struct DumpMemoryInfo(ulong Address, ulong Size, MemoryState State, MemoryProtection Protection, MemoryType Type)
{
    /// <summary><c>rwx</c> with dashes for what is not allowed; the number of a constant of another system.</summary>
    public string Permissions => (Protection & ~MemoryProtection.Modifiers) switch
    {
        MemoryProtection.None or MemoryProtection.NoAccess => "---",
        MemoryProtection.ReadOnly => "r--",
        MemoryProtection.ReadWrite or MemoryProtection.WriteCopy => "rw-",
        MemoryProtection.Execute => "--x",
        MemoryProtection.ExecuteRead => "r-x",
        MemoryProtection.ExecuteReadWrite or MemoryProtection.ExecuteWriteCopy => "rwx",
        _ => $"0x{(uint)Protection:x}",
    };

    /// <summary>Name of the type, or its number.</summary>
    public string TypeName => Type switch
    {
        MemoryType.Private => "private",
        MemoryType.Mapped => "mapped",
        MemoryType.Image => "image",
        MemoryType.None => "none",
        _ => $"0x{(uint)Type:x}",
    };

    /// <summary>Name of the state, or its number.</summary>
    public string StateName => State switch
    {
        MemoryState.Commit => "committed",
        MemoryState.Reserve => "reserved",
        MemoryState.Free => "free",
        _ => $"0x{(uint)State:x}",
    };
}
