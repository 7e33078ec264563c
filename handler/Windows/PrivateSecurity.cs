using System.Runtime.InteropServices;
using System.Security.Principal;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Who may have what is ours: this user, and the system itself (its backup, its virus scanner). Written out as SDDL ("Security Descriptor String Format"), and protected: nothing is inherited from
/// the directory above, which may let others in.
/// </summary>
internal static unsafe partial class PrivateSecurity
{
    private const uint SDDL_REVISION_1 = 1;

    private static readonly Lazy<(string User, string Owner)> s_identity = new(() =>
    {
        using WindowsIdentity identity = WindowsIdentity.GetCurrent();
        string user = identity.User?.Value ?? throw new SyscallException("GetTokenInformation", Libc.EACCES, "TokenUser", "the handler needs to know whose it is");
        return (user, identity.Owner?.Value ?? user);
    });

    private static readonly Lazy<nint> s_file = new(() => Descriptor(OfFileText));
    private static readonly Lazy<nint> s_directory = new(() => Descriptor(OfDirectoryText));

    // SECURITY_ATTRIBUTES
    [StructLayout(LayoutKind.Sequential)]
    public struct Attributes
    {
        public uint Length;
        public nint Descriptor;
        public int Inherits;
    }

    /// <summary>The user this process runs as: its SID, as text.</summary>
    public static string User => s_identity.Value.User;

    /// <summary>Who owns what this process makes and does not say it of: the user, or, of an elevated process, the administrators.</summary>
    public static string Owner => s_identity.Value.Owner;

    /// <summary>Of a directory; what is made in it inherits that.</summary>
    public static string OfDirectoryText => $"O:{User}D:P(A;OICI;FA;;;{User})(A;OICI;FA;;;SY)";

    /// <summary>Of a file.</summary>
    public static string OfFileText => $"O:{User}D:P(A;;FA;;;{User})(A;;FA;;;SY)";

    /// <summary>Of a file, for whoever makes one; handles are not inherited.</summary>
    public static Attributes OfFile => new() { Length = (uint)sizeof(Attributes), Descriptor = s_file.Value };

    /// <summary>Of a directory, likewise.</summary>
    public static Attributes OfDirectory => new() { Length = (uint)sizeof(Attributes), Descriptor = s_directory.Value };

    // Kept as long as the process lives.
    private static nint Descriptor(string sddl)
    {
        nint descriptor;
        return ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, &descriptor, null) != 0 ? descriptor
            : throw SyscallException.Last("ConvertStringSecurityDescriptorToSecurityDescriptorW", sddl);
    }

    [LibraryImport("advapi32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial int ConvertStringSecurityDescriptorToSecurityDescriptorW(string sddl, uint revision, nint* descriptor, uint* bytes);
}
