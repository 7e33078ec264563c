namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Files of a .NET runtime, which lie side by side.</summary>
internal static class RuntimeFiles
{
    public const string Library = "coreclr.dll", DebuggingLibrary = "mscordaccore.dll", CreateDump = "createdump.exe";
}
