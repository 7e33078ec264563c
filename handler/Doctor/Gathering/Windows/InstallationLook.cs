using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The files that lie side by side.</summary>
internal static class InstallationLook
{
    /// <summary>What an application loads.</summary>
    public const string LibraryName = "crashhandler.dll";

    private const string HandlerName = "crash-handler.exe", HookName = "CrashHandler.StartupHook.dll";

    /// <summary>All that belong there.</summary>
    public static IReadOnlyList<InstalledFile> Files(DoctorRequest request)
    {
        return
        [
            Look(HandlerName, "no handler can be started, and no crash is reported", isVital: true),
            Look(LibraryName, "crashes are not seen", isVital: true),
            Look(HookName, "a .NET program that does not call CrashReporter.Start cannot be covered", isVital: false),
        ];

        InstalledFile Look(string name, string purpose, bool isVital)
        {
            string path = Path.Combine(request.Installation, name);
            return new InstalledFile(name, File.Exists(path), IsReadable(path), purpose, isVital);
        }
    }

    private static bool IsReadable(string path)
    {
        try
        {
            File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete).Dispose();
            return true;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // That is the answer.
            return false;
        }
    }
}
