namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What has become of a process.</summary>
internal enum ProcessStage
{
    /// <summary>It lives, and has become another program (execve), or does not let that be seen.</summary>
    Unknown,

    /// <summary>It lives, and is what it was.</summary>
    Same,

    /// <summary>It is on its way out, dead, or gone.</summary>
    Ending,
}
