using System.Runtime.InteropServices;
using System.Security.AccessControl;
using System.Security.Principal;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Owners and rights of files. Users have no numbers here: an owner is this user, the system (which may everything anyway, as root), or somebody else.
/// </summary>
internal static partial class PosixFiles
{
    private const uint TheSystem = 0, ThisUser = 1, SomebodyElse = 2;

    // What changes a directory, or what is in it.
    private const FileSystemRights Changes = FileSystemRights.WriteData | FileSystemRights.AppendData | FileSystemRights.Delete | FileSystemRights.DeleteSubdirectoriesAndFiles
        | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;

    private const int BufferBytes = 4_096;

    private const uint DaclSecurityInformation = 4, ProtectedDaclSecurityInformation = 0x80000000;

    // GENERIC_ALL and GENERIC_WRITE: an entry of the list may say so instead.
    private const int GenericChanges = 0x50000000;

    /// <summary>The user this process runs as.</summary>
    public static uint UserId() => ThisUser;

    /// <summary>How a user is called in a message.</summary>
    public static string Describe(uint user) => user switch { TheSystem => "the system or its administrators", ThisUser => "this user", _ => "another user" };

    /// <summary>Files are made for their user alone one by one (<see cref="PrivateSecurity"/>): there is no mask.</summary>
    public static void SetPrivateUmask()
    {
    }

    /// <summary>Serial number of a file's volume, and its number there (BY_HANDLE_FILE_INFORMATION).</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static (ulong Device, ulong Inode) Identity(string path)
    {
        using FileDescriptor file = Libc.Look(path, followsLinks: true) is var fd && fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
        FileIdentity identity = FileIdentity.Of(file, path);
        return (identity.Volume, identity.Index);
    }

    /// <summary>Whether a path is a directory (no link) of this user.</summary>
    public static bool IsOwnDirectory(string path, uint uid)
        => new DirectoryInfo(path) is { Exists: true } directory && (directory.Attributes & FileAttributes.ReparsePoint) == 0 && TryOwner(path) == uid;

    /// <summary>Owner of a file. Who may not make links cannot have put one there, and who may owns the machine: a link's owner is not asked for.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static uint LinkOwner(string path) => Owner(path);

    /// <summary>Owner of a file; of a link, that of what it leads to.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static uint Owner(string path) => Guard("GetNamedSecurityInfo", path, () =>
        Security(path, AccessControlSections.Owner).GetOwner(typeof(SecurityIdentifier)) is SecurityIdentifier owner ? Kind(owner) : SomebodyElse);

    /// <summary>Whether others may change what is in a directory: anybody but this user, the system, its administrators and whoever makes something there.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static bool IsWritableByOthers(string path) => Guard("GetNamedSecurityInfo", path, () =>
    {
        foreach (FileSystemAccessRule rule in Security(path, AccessControlSections.Access).GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)))
        {
            bool changes = (rule.FileSystemRights & Changes) != 0 || ((int)rule.FileSystemRights & GenericChanges) != 0;
            if (rule.AccessControlType == AccessControlType.Allow && changes && (rule.PropagationFlags & PropagationFlags.InheritOnly) == 0 && Kind((SecurityIdentifier)rule.IdentityReference) == SomebodyElse)
            {
                return true;
            }
        }

        return false;
    });

    /// <summary>Makes a directory for its owner alone; one that exists is left as it is.</summary>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public static unsafe void CreatePrivateDirectory(string path)
    {
        PrivateSecurity.Attributes security = PrivateSecurity.OfDirectory;
        if (CreateDirectoryW(Libc.LongPath(path), &security) == 0 && Win32Error.Fail(nameof(CreateDirectoryW)) < 0 && Win32Error.Last.Errno != Libc.EEXIST)
        {
            throw SyscallException.Last(nameof(CreateDirectoryW), path, "check that its parent exists and is writable");
        }
    }

    /// <summary>Makes a directory, and those above it that are missing, for their owner alone.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void CreatePrivateDirectories(string path) => Private().CreateDirectory(Libc.LongPath(path));

    /// <summary>Makes a file that did not exist, for its owner alone, and opens it to be written and read.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static FileStream CreatePrivateFile(string path)
    {
        FileSecurity security = new();
        security.SetSecurityDescriptorSddlForm(PrivateSecurity.OfFileText, AccessControlSections.Access);
        return new FileInfo(Libc.LongPath(path)).Create(FileMode.CreateNew, FileSystemRights.Read | FileSystemRights.Write, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.None, security);
    }

    /// <summary>Everybody changes his own databases here.</summary>
    public static void BecomeOwner(string path)
    {
    }

    /// <summary>Takes a directory of ours away from everybody else.</summary>
    /// <exception cref="SyscallException">Its rights cannot be set.</exception>
    public static void MakePrivate(string path)
    {
        // Of this directory alone: what is in it has its own.
        if (SetFileSecurityW(Libc.LongPath(path), DaclSecurityInformation | ProtectedDaclSecurityInformation, PrivateSecurity.OfDirectory.Descriptor) == 0)
        {
            _ = Win32Error.Fail(nameof(SetFileSecurityW));
            throw SyscallException.Last(nameof(SetFileSecurityW), path);
        }
    }

    private static DirectorySecurity Private()
    {
        DirectorySecurity security = new();
        security.SetSecurityDescriptorSddlForm(PrivateSecurity.OfDirectoryText, AccessControlSections.Access);
        return security;
    }

    private static FileSystemSecurity Security(string path, AccessControlSections sections)
        => Directory.Exists(path) ? new DirectorySecurity(Libc.LongPath(path), sections) : new FileSecurity(Libc.LongPath(path), sections);

    private static uint? TryOwner(string path)
    {
        try
        {
            return Owner(path);
        }
        catch (SyscallException)
        {
            // Whoever does not let us see it is somebody else.
            return null;
        }
    }

    private static uint Kind(SecurityIdentifier who)
        => who.Value == PrivateSecurity.User || who.Value == PrivateSecurity.Owner ? ThisUser
            : who.IsWellKnown(WellKnownSidType.LocalSystemSid) || who.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) || who.IsWellKnown(WellKnownSidType.CreatorOwnerSid) ? TheSystem
            : SomebodyElse;

    // What .NET throws for a failure of Win32 has its error in the low half of its HRESULT.
    private static T Guard<T>(string call, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            int code = failure switch
            {
                UnauthorizedAccessException => Win32Error.ERROR_ACCESS_DENIED,
                FileNotFoundException or DirectoryNotFoundException => Win32Error.ERROR_FILE_NOT_FOUND,
                _ => failure.HResult & 0xFFFF,
            };
            _ = Win32Error.Fail(call, code);
            throw SyscallException.Last(call, path);
        }
    }

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static unsafe partial int CreateDirectoryW(string path, PrivateSecurity.Attributes* security);
    [LibraryImport("advapi32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial int SetFileSecurityW(string path, uint what, nint descriptor);
}
