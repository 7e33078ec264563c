namespace CrashHandler.Handler.Daemon;

/// <summary>A process's own wish for a report of itself (<see cref="Protocol.FrameType.CaptureReport"/>).</summary>
internal sealed class CaptureDemand(ClientConnection connection, uint request, int threadId, string reason)
{
    /// <summary>Where it is answered. On the event loop's thread.</summary>
    public ClientConnection Connection { get; } = connection;

    /// <summary>The request's number.</summary>
    public uint Request { get; } = request;

    /// <summary>Tid of the thread that asks, as the process sees it. It may say anything.</summary>
    public int ThreadId { get; } = threadId;

    /// <summary>Why, in the application's words.</summary>
    public string Reason { get; } = reason;

    /// <summary>The report, once it is filed. Set by the capture's thread, read when that is done.</summary>
    public Guid ReportId { get; set; }

    /// <summary>Why there is none; likewise.</summary>
    public string? Problem { get; set; }
}
