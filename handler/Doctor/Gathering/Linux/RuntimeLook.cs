using System.Text;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

// Where they are, and whose.
internal static partial class RuntimeLook
{
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
        return InstalledBelow(roots, dac => WhyRefused(dac, PosixFiles.UserId()));
    }

    /// <summary>That of a process, by its maps; none: it has no such file; null: its maps cannot be read.</summary>
    public static IReadOnlyList<RuntimeFacts>? OfProcess(int pid, uint user)
        => ProcText.TryRead($"/proc/{pid}/maps") is not { } maps ? null
            : maps.Split('\n').FirstOrDefault(line => line.EndsWith($"/{RuntimeFiles.Library}", StringComparison.Ordinal)) is { } line
            // Through its root: it may have another one than this process.
            ? [Look($"process {pid}", $"/proc/{pid}/root{Path.GetDirectoryName(line[line.IndexOf('/')..])}", dac => WhyRefused(dac, user))]
            : [];

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
