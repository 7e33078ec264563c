using CrashHandler.Handler.Capture.Linux;

namespace CrashHandler.Handler.Daemon;

/// <summary>What of a capture is Linux's: a process may have to be asked for its memory.</summary>
internal sealed partial class CaptureJob
{
    /// <summary>Asks the process to open its memory itself, and waits for that; null: it cannot be asked. From the capture's thread.</summary>
    public Func<HandedFiles>? AskForMemory { get; set; }

    /// <summary>What it was asked; null: it was not.</summary>
    public HandOverRequest? HandOver { get; set; }
}
