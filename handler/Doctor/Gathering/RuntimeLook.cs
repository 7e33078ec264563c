using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>.NET runtimes, and the debugging library of each.</summary>
internal static partial class RuntimeLook
{
    private const string SharedFramework = "shared/Microsoft.NETCore.App";

    private static RuntimeFacts[] InstalledBelow(IEnumerable<string?> roots, Func<string, string?> whyRefused) =>
    [
        .. roots.Where(root => !string.IsNullOrWhiteSpace(root)).Select(root => Path.Combine(root!, SharedFramework)).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories).Select(Path.GetFullPath).Distinct().Where(directory => File.Exists(Path.Combine(directory, RuntimeFiles.Library)))
            .Order(StringComparer.Ordinal).Select(directory => Look(Path.GetFileName(directory), directory, whyRefused)),
    ];

    private static RuntimeFacts Look(string name, string directory, Func<string, string?> whyRefused)
    {
        string dac = Path.Combine(directory, RuntimeFiles.DebuggingLibrary);
        return new RuntimeFacts(
            name,
            directory,
            BuildOf(Path.Combine(directory, RuntimeFiles.Library)),
            BuildOf(dac),
            File.Exists(dac),
            whyRefused(dac),
            File.Exists(Path.Combine(directory, RuntimeFiles.CreateDump)));
    }
}
