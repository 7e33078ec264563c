namespace CrashHandler.Tests.Table;

/// <summary>How a process comes to be covered.</summary>
internal enum Way
{
    /// <summary>Stage 1: preloaded, by <c>crash-handler exec</c>.</summary>
    Exec,

    /// <summary>Stage 2: it calls <c>CrashReporter.Start</c>.</summary>
    Start,

    /// <summary>Stage 2, from outside: <c>crash-handler attach</c>.</summary>
    Attach,
}
