namespace CrashHandler.Tests.Capture;

/// <summary>A thread as the victim itself knows it.</summary>
internal sealed record VictimThread(int Index, int Tid, ulong FsBase, ulong MarkerAddress);
