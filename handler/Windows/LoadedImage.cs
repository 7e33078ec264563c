namespace CrashHandler.Handler.Posix;

/// <summary>An image that a process's loader knows of.</summary>
/// <param name="Start">Where it is loaded.</param>
/// <param name="Size">Bytes from there (SizeOfImage).</param>
/// <param name="Path">Its file, absolute; empty: the system does not tell.</param>
internal readonly record struct LoadedImage(nint Start, uint Size, string Path);
