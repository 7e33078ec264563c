namespace CrashHandler.Handler.Capture;

/// <summary>One mapping of a process: addresses, without their bytes.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Readable">May be read.</param>
/// <param name="Writable">May be written.</param>
/// <param name="Executable">May be executed.</param>
/// <param name="Shared">What is written there others see.</param>
internal readonly record struct MappingSnapshot(ulong Address, ulong Size, bool Readable, bool Writable, bool Executable, bool Shared);
