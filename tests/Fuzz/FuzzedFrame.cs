using CrashHandler.Handler.Posix;

namespace CrashHandler.Tests.Fuzz;

/// <summary>One packet of a script.</summary>
/// <param name="Packet">The bytes.</param>
/// <param name="Block">A registration block, or what is sent for one; null: none.</param>
/// <param name="Others">Descriptors of no use that are sent along.</param>
/// <param name="IsClients">Sent by the process that connected: it makes a report of that one.</param>
internal sealed record FuzzedFrame(byte[] Packet, FileDescriptor? Block, int Others, bool IsClients) : IDisposable
{
    public void Dispose() => Block?.Dispose();
}
