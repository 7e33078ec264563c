namespace CrashHandler.Handler.Exec;

/// <summary>What of it is Windows'.</summary>
internal static unsafe partial class ShimLibrary
{
    private const string FileName = "crashhandler.dll";

    // People wait here, not an application's start: for a file of 70 MB that a virus scanner may read first.
    private const int LaunchLimitMilliseconds = 30_000;
}
