namespace CrashHandler.Handler.Minidump;

/// <summary>Memory in a minidump.</summary>
/// <param name="Address">Address in the process.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Offset">Where its bytes are in the file.</param>
internal readonly record struct DumpMemoryRange(ulong Address, ulong Size, ulong Offset);
