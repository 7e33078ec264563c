using CrashHandler.Handler.Reports;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// What dbghelp writes into: it begins with the signature of a whole dump, and so never with the report's own file. Nobody else opens it meanwhile, and the system removes it when it
/// is closed, also of a handler that was killed; what a power cut leaves, a sweep finds by its name.
/// </summary>
internal static class ScratchFile
{
    /// <summary>Makes one.</summary>
    /// <param name="beside">The file that the dump is to become.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static SafeFileHandle Create(string beside)
        => File.OpenHandle(beside + DurableFile.TemporarySuffix, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
}
