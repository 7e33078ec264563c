namespace CrashHandler.Handler.Daemon;

/// <summary>What a handler was at when something failed.</summary>
internal enum ErrorKind
{
    /// <summary>Sending a report.</summary>
    Upload,

    /// <summary>Making the report of a death.</summary>
    Capture,

    /// <summary>Finding the stacks of a dying process.</summary>
    Walk,
}
