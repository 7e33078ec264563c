using System.Runtime.InteropServices;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What the system says of this process and of itself.</summary>
internal static unsafe class SelfLook
{
    /// <summary>Wine's version; null: this is Windows.</summary>
    public static string? WineVersion()
        => NativeLibrary.TryLoad("ntdll.dll", typeof(SelfLook).Assembly, DllImportSearchPath.System32, out nint library) && NativeLibrary.TryGetExport(library, "wine_get_version", out nint version)
            ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)version)())
            : null;

    /// <summary>With what rights this process runs.</summary>
    public static IntegrityFacts Integrity()
    {
        TokenRights rights = TokenRights.Own;
        return new IntegrityFacts(ProcessToken.Own, rights.IsElevated, rights.Level);
    }
}
