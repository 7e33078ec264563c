namespace CrashHandler.Handler.Minidump;

/// <summary>A handle in a minidump; on Linux a file descriptor.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Kind">File, Socket and so on, or empty.</param>
/// <param name="Name">What it refers to, or empty.</param>
internal readonly record struct DumpHandle(ulong Number, string Kind, string Name);
