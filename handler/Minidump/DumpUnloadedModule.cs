namespace CrashHandler.Handler.Minidump;

/// <summary>A module that the process had loaded and let go; code that still runs in it crashes.</summary>
/// <param name="Address">Where it was.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Name">File name, or empty.</param>
/// <param name="CodeId">Stamp and size, as a symbol server calls it; or empty.</param>
internal readonly record struct DumpUnloadedModule(ulong Address, uint Size, string Name, string CodeId);
