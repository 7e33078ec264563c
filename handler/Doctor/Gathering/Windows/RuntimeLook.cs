using System.Diagnostics;
using CrashHandler.Handler.Doctor.Facts;
using Microsoft.Win32;

namespace CrashHandler.Handler.Doctor.Gathering;

// Where they are.
internal static partial class RuntimeLook
{
    // Where installers say it, always in the registry's 32-bit view (dotnet/designs, install-locations).
    private const string InstallKey = @"SOFTWARE\dotnet\Setup\InstalledVersions\x64", InstallValue = "InstallLocation";

    /// <summary>Those that are installed.</summary>
    public static IReadOnlyList<RuntimeFacts> Installed(Func<string, string?> variable) => InstalledBelow(
        [
            variable("DOTNET_ROOT"),
            variable("DOTNET_ROOT_X64"),
            Registered(),
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet"),
            // dotnet-install.ps1
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "Microsoft", "dotnet"),
        ],
        WhyRefused);

    /// <summary>That of a process; none: it has no such file; null: what it has mapped cannot be seen.</summary>
    public static IReadOnlyList<RuntimeFacts>? OfProcess(int pid)
        => TargetLook.Mapped(pid) is not { } mapped ? null
            : TargetLook.Find(mapped, RuntimeFiles.Library) is { } library ? [Look($"process {pid}", Path.GetDirectoryName(library)!, WhyRefused)]
            : [];

    private static string? Registered()
    {
        using RegistryKey machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, RegistryView.Registry32);
        using RegistryKey? key = machine.OpenSubKey(InstallKey);
        return key?.GetValue(InstallValue) as string;
    }

    private static string? WhyRefused(string dac) => null;

    private static string? BuildOf(string path) => File.Exists(path) ? FileVersionInfo.GetVersionInfo(path).FileVersion : null;
}
