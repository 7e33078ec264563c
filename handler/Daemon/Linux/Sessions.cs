using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What of the sessions is Linux's: a process that does not let its memory be read is asked for it, and one that wants a heap dump loses its diagnostics port's name when it aborts.</summary>
internal sealed partial class Sessions
{
    private const string KilledBefore = "it was gone before it handed over its memory";

    static partial void RequireNotice(ReadOnlySpan<byte> payload) => CrashNotice.Parse(payload);

    partial void Begins(CaptureJob job) => job.AskForMemory = () => AskForMemory(job);

    partial void Waits(ClientConnection connection, CaptureJob job)
    {
        if (job.HandOver is { IsOpen: true } asked)
        {
            // It did not wait for Taken on its other connection, where it was asked before.
            Ask(connection, asked);
        }
    }

    static partial void Dies(CaptureJob job) => job.HandOver?.Fail(KilledBefore);

    // On a capture's thread.
    private HandedFiles AskForMemory(CaptureJob job)
    {
        HandOverRequest request = new(job.Identity.ProcessId);
        loop.Post(() =>
        {
            job.HandOver = request;
            if (job.Waiting.Count == 0 && !_clients.ContainsKey(job.Identity))
            {
                request.Fail(KilledBefore);
            }

            foreach (ClientConnection connection in job.Waiting.ToArray())
            {
                Ask(connection, request);
            }
        });
        return request.Wait(job.Waits);
    }

    private void Ask(ClientConnection connection, HandOverRequest request)
    {
        connection.HandOver = request;
        SendOrDrop(connection, FrameType.HandOver, []);
    }

    partial void OnOwnFrame(
        ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload, ReceivedPacket packet, HashSet<FileDescriptor> unclaimed, ref bool isTaken)
    {
        if (header.Type != FrameType.HandedOver)
        {
            return;
        }

        isTaken = true;
        if (connection.HandOver is not { } asked || packet.Sender?.Pid != asked.ProcessId)
        {
            throw new MalformedFrameException("HandedOver came from a process that was not asked for it");
        }

        // One that comes too late, or a second one, is closed.
        if (asked.TryAnswer(HandedFiles.Take(payload, packet.Descriptors)))
        {
            unclaimed.Clear();
        }
    }

    partial void KeepDiagnosticsSocket(Client client, PeerAccount account)
    {
        try
        {
            client.DiagnosticsSocket ??= KeptDiagnosticsSocket.Keep(client.Identity.ProcessId);
        }
        catch (Exception failure) when (failure is AttachException or SyscallException)
        {
            if (_accounts.MayLog(account, LogTopic.HeapDump))
            {
                log().Warning("Pid {Client} wants a heap dump when it dies, and may get none: {Reason}", client.Identity.ProcessId, failure.Message);
            }
        }
    }
}
