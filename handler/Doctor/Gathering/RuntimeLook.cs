using System.Text;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>.NET runtimes, and the debugging library of each.</summary>
internal static class RuntimeLook
{
    private const string RuntimeName = "libcoreclr.so", DacName = "libmscordaccore.so", CreateDumpName = "createdump";
    private const string SharedFramework = "shared/Microsoft.NETCore.App";
    private const uint Root = 0;

    // Where distributions and Microsoft's packages put it.
    private static readonly string[] s_roots = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/opt/dotnet", "/usr/local/share/dotnet"];

    // The what(1) string that every native library of the runtime carries.
    private static ReadOnlySpan<byte> Marker => "@(#)Version "u8;

    /// <summary>Those that are installed.</summary>
    public static IReadOnlyList<RuntimeFacts> Installed(Func<string, string?> variable)
    {
        string?[] roots =
        [
            variable("DOTNET_ROOT"), variable("DOTNET_ROOT_X64"),
            ProcText.TryRead("/etc/dotnet/install_location_x64"), ProcText.TryRead("/etc/dotnet/install_location"),
            variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".dotnet") : null,
            .. s_roots,
        ];
        return
        [
            .. roots.Where(root => !string.IsNullOrWhiteSpace(root)).Select(root => Path.Combine(root!, SharedFramework)).Where(Directory.Exists)
                .SelectMany(Directory.EnumerateDirectories).Select(Path.GetFullPath).Distinct().Where(directory => File.Exists(Path.Combine(directory, RuntimeName)))
                .Order(StringComparer.Ordinal).Select(directory => Look(Path.GetFileName(directory), directory, PosixFiles.UserId())),
        ];
    }

    /// <summary>That of a process, by its maps; none: it has no such file; null: its maps cannot be read.</summary>
    public static IReadOnlyList<RuntimeFacts>? OfProcess(int pid, uint user)
        => ProcText.TryRead($"/proc/{pid}/maps") is not { } maps ? null
            : maps.Split('\n').FirstOrDefault(line => line.EndsWith($"/{RuntimeName}", StringComparison.Ordinal)) is { } line
            // Through its root: it may have another one than this process.
            ? [Look($"process {pid}", $"/proc/{pid}/root{Path.GetDirectoryName(line[line.IndexOf('/')..])}", user)]
            : [];

    private static RuntimeFacts Look(string name, string directory, uint user)
    {
        string dac = Path.Combine(directory, DacName);
        return new RuntimeFacts(
            name, directory, BuildOf(Path.Combine(directory, RuntimeName)), BuildOf(dac), File.Exists(dac), WhyRefused(dac, user), File.Exists(Path.Combine(directory, CreateDumpName)));
    }

    // As the walk judges it.
    private static string? WhyRefused(string dac, uint user)
        => FileStatus.Of(dac) is not { } status ? null
            : status.UserId != Root && status.UserId != user ? $"it belongs to user {status.UserId}"
            : status.IsWritableByOthers ? "its group or others may write it"
            : null;

    private static string? BuildOf(string path)
    {
        if (Libc.access(path, Libc.R_OK) != 0 || new FileInfo(path).Length > DoctorLimits.BinaryBytes)
        {
            return null;
        }

        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        int start = file.IndexOf(Marker);
        if (start < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> text = file[(start + Marker.Length)..];
        int end = text.IndexOfAny((byte)' ', (byte)0);
        return end > 0 ? Encoding.ASCII.GetString(text[..end]) : null;
    }
}
