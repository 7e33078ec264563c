using CrashHandler.Handler.Doctor.Facts;
using Microsoft.Win32;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What Windows Error Reporting has in the registry ("WER Settings").</summary>
internal static class WerLook
{
    private const string Off = "Disabled";

    private static readonly string[] s_settings = [@"SOFTWARE\Microsoft\Windows\Windows Error Reporting", @"SOFTWARE\Policies\Microsoft\Windows\Windows Error Reporting"];
    private static readonly RegistryKey[] s_hives = [Registry.LocalMachine, Registry.CurrentUser];

    /// <summary>Looks.</summary>
    /// <param name="library">Absolute path of the crashhandler.dll that it should know.</param>
    public static WerFacts Gather(string library) => new(
        library,
        s_hives.Any(hive => Value(hive, WerFacts.Modules, library) is not null),
        s_hives.Any(hive => s_settings.Any(settings => Value(hive, settings, Off) is int and not 0)));

    private static object? Value(RegistryKey hive, string path, string name)
    {
        using RegistryKey? key = hive.OpenSubKey(path);
        return key?.GetValue(name);
    }
}
