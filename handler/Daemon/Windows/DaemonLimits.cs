namespace CrashHandler.Handler.Daemon;

/// <summary>What of the daemon's limits is Windows's.</summary>
internal static partial class DaemonLimits
{
    /// <summary>
    /// A capture that reports nothing for this long is stuck, and its victim with it: the handler ends itself. While MiniDumpWriteDump says nothing, signs are given in its stead for as long as it may take
    /// (<see cref="Capture.Windows.WindowsDumpLimits.Writing"/>); both together are less than the client waits (<see cref="Protocol.ProtocolLimits.WindowsDialogueLimitMilliseconds"/>).
    /// </summary>
    public static readonly TimeSpan CaptureWatchdog = TimeSpan.FromSeconds(20);

    /// <summary>How long the end of a console or a session waits for this handler's: the system ends it after 5 s. <see cref="Shutdown"/>, and a dump's giving up.</summary>
    public static readonly TimeSpan ConsoleEnd = TimeSpan.FromSeconds(4);

    /// <summary>How long an attachment may give nothing to read before it is left out: a share that is gone takes a minute to say so, and the dying process is held.</summary>
    public static readonly TimeSpan AttachmentAnswer = TimeSpan.FromSeconds(10);

    /// <summary>How often a sign of life is given meanwhile: well within the watchdog's limit.</summary>
    public static readonly TimeSpan AttachmentSign = TimeSpan.FromSeconds(1);

    /// <summary>Clients that may connect at once before one is accepted; more of them wait in WaitNamedPipe. Each costs a pipe instance of some hundred bytes.</summary>
    public const int ReadyInstances = 16;
}
