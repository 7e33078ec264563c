namespace CrashHandler.Handler.Dump;

/// <summary>A process is dumped.</summary>
/// <param name="Path">Absolute path of the minidump.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Threads">Threads in it.</param>
/// <param name="Frozen">How long the process stood still.</param>
/// <param name="SoftErrors">How many things could not be read or were cut; the dump says which.</param>
internal sealed record DumpOutcome(string Path, long Bytes, int Threads, TimeSpan Frozen, int SoftErrors);
