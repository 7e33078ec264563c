namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The lowest glibc that a file runs with.</summary>
/// <param name="File">Its name.</param>
/// <param name="Version">The highest version of a symbol that it needs.</param>
internal sealed record GlibcFloor(string File, Version Version);
