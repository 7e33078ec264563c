using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace CrashHandler.Native;

/// <summary>Where a path of Windows leads, as the file system says it.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class NativePath
{
    private const string Library = "kernel32";
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint BackupSemantics = 0x02000000; // Without it, no directory is opened.
    private const nint Invalid = -1;
    private const int PathCharacters = 32_768;
    private const string LongPrefix = @"\\?\";
    private const string LongNetworkPrefix = @"\\?\UNC\";

    /// <summary>The path with every link followed, short name written out and letter as it is on disk; null: it is not there, or cannot be looked at.</summary>
    public static string? Final(string path)
    {
        nint handle = CreateFile(path, 0, ShareAll, 0, OpenExisting, BackupSemantics, 0);
        if (handle == Invalid)
        {
            return null;
        }

        char[] final = new char[PathCharacters];
        fixed (char* buffer = final)
        {
            uint length = GetFinalPathNameByHandle(handle, buffer, PathCharacters, 0);
            _ = CloseHandle(handle);
            return length is > 0 and < PathCharacters ? Plain(new string(final, 0, (int)length)) : null;
        }
    }

    private static string Plain(string path)
        => path.StartsWith(LongNetworkPrefix, StringComparison.Ordinal) ? @"\\" + path[LongNetworkPrefix.Length..]
            : path.StartsWith(LongPrefix, StringComparison.Ordinal) ? path[LongPrefix.Length..]
            : path;

    [LibraryImport(Library, EntryPoint = "CreateFileW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateFile(string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport(Library, EntryPoint = "GetFinalPathNameByHandleW")]
    private static partial uint GetFinalPathNameByHandle(nint handle, char* path, uint length, uint flags);

    [LibraryImport(Library)]
    private static partial int CloseHandle(nint handle);
}
