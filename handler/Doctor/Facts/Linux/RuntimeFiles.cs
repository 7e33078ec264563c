namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Files of a .NET runtime, which lie side by side.</summary>
internal static class RuntimeFiles
{
    public const string Library = "libcoreclr.so", DebuggingLibrary = "libmscordaccore.so", CreateDump = "createdump";
}
