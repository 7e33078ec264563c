using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>A process in hand, after its capture: the dump is written; to file the report and to let the process go is left. On the capture's thread, once.</summary>
/// <param name="job">Whose.</param>
/// <param name="began">Timestamp of the capture's begin.</param>
/// <param name="takesLong">More is to be done than to file it: an upload is waited for, or a heap dump made.</param>
/// <param name="file">Does all of it, and lets the process go in any case.</param>
internal sealed class WrittenReport(CaptureJob job, long began, bool takesLong, Func<ReleaseOutcome> file)
{
    public CaptureJob Job { get; } = job;

    public long Began { get; } = began;

    public bool TakesLong { get; } = takesLong;

    /// <exception cref="DatabaseException">The report cannot be kept.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public ReleaseOutcome File() => file();
}
