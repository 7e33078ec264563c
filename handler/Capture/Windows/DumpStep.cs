namespace CrashHandler.Handler.Capture.Windows;

/// <summary>The steps of a dump that the system writes; a test ends or stops this process at one of them.</summary>
internal enum DumpStep
{
    /// <summary>It is in the middle: it asks about a module.</summary>
    Dumping,
}
