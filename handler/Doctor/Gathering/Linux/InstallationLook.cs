using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The files that lie side by side.</summary>
internal static class InstallationLook
{
    private const string HandlerName = "crash-handler", WalkName = "crash-handler-walk", ShimName = "libcrashhandler.so";

    // As the dynamic linker's tables name them: GLIBC_2.34.
    private static ReadOnlySpan<byte> GlibcMark => "GLIBC_"u8;

    /// <summary>All that belong there.</summary>
    public static IReadOnlyList<InstalledFile> Files(DoctorRequest request)
    {
        List<InstalledFile> files = [];
        Add(HandlerName, isProgram: true, "no handler can be started, and no crash is reported", isVital: true);
        Add(WalkName, isProgram: true, "reports have no stacks but what a reader makes of the dump", isVital: true);
        Add(ShimName, isProgram: false, "crashes are not seen", isVital: true);
        Add("libMonoPosixHelper.so", isProgram: false, "no database can be opened", isVital: true);
        Add("CrashHandler.StartupHook.dll", isProgram: false, "'crash-handler attach' does not work", isVital: false);
        string own = Path.GetFileName(request.Program);
        if (own != HandlerName)
        {
            Add(own, isProgram: true, "no verb but those of the handler works", isVital: false);
        }

        return files;

        void Add(string name, bool isProgram, string purpose, bool isVital)
        {
            string path = Path.Combine(request.Installation, name);
            bool exists = File.Exists(path);
            files.Add(new InstalledFile(name, exists, exists && Libc.access(path, isProgram ? Libc.R_OK | Libc.X_OK : Libc.R_OK) == 0, purpose, isVital));
        }
    }

    /// <summary>What glibc the native ones need.</summary>
    public static IReadOnlyList<GlibcFloor> Floors(DoctorRequest request)
    {
        List<GlibcFloor> floors = [];
        foreach (string name in new[] { HandlerName, Path.GetFileName(request.Program), WalkName, ShimName }.Distinct())
        {
            string path = Path.Combine(request.Installation, name);
            if (Libc.access(path, Libc.R_OK) == 0 && new FileInfo(path).Length <= DoctorLimits.BinaryBytes && FloorOf(File.ReadAllBytes(path)) is { } floor)
            {
                floors.Add(new GlibcFloor(name, floor));
            }
        }

        return floors;
    }

    /// <summary>The highest version of glibc's symbols that a file names; null: none.</summary>
    internal static Version? FloorOf(ReadOnlySpan<byte> file)
    {
        Version? highest = null;
        for (int at; (at = file.IndexOf(GlibcMark)) >= 0;)
        {
            file = file[(at + GlibcMark.Length)..];
            int length = file.IndexOfAnyExcept("0123456789."u8);
            // PRIVATE and the like are no versions.
            if (length > 0 && Version.TryParse(System.Text.Encoding.ASCII.GetString(file[..length]), out Version? version) && (highest is null || version > highest))
            {
                highest = version;
            }
        }

        return highest;
    }
}
