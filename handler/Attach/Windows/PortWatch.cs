namespace CrashHandler.Handler.Attach;

/// <summary>Notices runtimes that start: nobody tells of a new pipe here, so it is looked for.</summary>
internal static class PortWatch
{
    /// <summary>Between two looks at all processes: some milliseconds' work each.</summary>
    public static readonly TimeSpan Rescan = TimeSpan.FromSeconds(1);

    /// <summary>Nothing to begin.</summary>
    public static IDisposable? Start(Action wake) => null;
}
