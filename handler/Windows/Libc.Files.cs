using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

// Files: "File Management Functions" of Win32. Every handle shares everything, removal included, so that a file is renamed, replaced and removed under those who have it open, as on Linux.
internal static unsafe partial class Libc
{
    // winnt.h, fileapi.h, minwinbase.h
    private const uint GENERIC_READ = 0x80000000, GENERIC_WRITE = 0x40000000, DELETE = 0x10000, SYNCHRONIZE = 0x100000, FILE_APPEND_DATA = 4, FILE_READ_ATTRIBUTES = 0x80;
    private const uint ShareAll = 7;
    private const uint CREATE_NEW = 1, CREATE_ALWAYS = 2, OPEN_EXISTING = 3, OPEN_ALWAYS = 4, TRUNCATE_EXISTING = 5;
    private const uint FILE_FLAG_OPEN_REPARSE_POINT = 0x00200000, FILE_FLAG_BACKUP_SEMANTICS = 0x02000000, FILE_FLAG_WRITE_THROUGH = 0x80000000;
    private const uint SECURITY_SQOS_PRESENT = 0x100000, SECURITY_IDENTIFICATION = 0x10000;
    private const uint FILE_ATTRIBUTE_NORMAL = 0x80, FILE_ATTRIBUTE_DIRECTORY = 0x10, FILE_ATTRIBUTE_REPARSE_POINT = 0x400;
    private const uint ReparseTagNameSurrogate = 0x20000000;
    private const int FileBasicInfo = 0, FileDispositionInfo = 4, FileEndOfFileInfo = 6, FileAttributeTagInfo = 9, FileDispositionInfoEx = 21, FileRenameInfoEx = 22;
    private const uint FILE_DISPOSITION_DELETE = 1, FILE_DISPOSITION_POSIX_SEMANTICS = 2, FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE = 0x10;
    private const uint FILE_RENAME_REPLACE_IF_EXISTS = 1, FILE_RENAME_POSIX_SEMANTICS = 2, FILE_RENAME_IGNORE_READONLY_ATTRIBUTE = 0x40;
    private const uint MOVEFILE_REPLACE_EXISTING = 1, MOVEFILE_WRITE_THROUGH = 8;
    private const uint FILE_DIRECTORY_FILE = 1, FILE_SYNCHRONOUS_IO_NONALERT = 0x20, FILE_OPEN = 1, FILE_OPEN_REPARSE_POINT = 0x00200000;
    private const uint OBJ_CASE_INSENSITIVE = 0x40;
    private const uint FILE_TYPE_DISK = 1;
    private const int InvalidHandle = -1;
    // How long a file may be open that is to be replaced, renamed or removed, where that is waited for, and how often it is tried: readers have it for less than a millisecond each.
    private const int ReplaceMilliseconds = 50, ReplaceTryMilliseconds = 5;
    private const string AsideSuffix = ".gone";
    // More than this, and a path needs the prefix that lifts MAX_PATH ("Maximum Path Length Limitation"): 260, less a directory's 12 for a short name.
    private const int LongestPlainPath = 247;
    private const string LongPrefix = @"\\?\", LongUncPrefix = @"\\?\UNC\";

    [StructLayout(LayoutKind.Sequential)]
    private struct AttributeTag
    {
        public uint Attributes;
        public uint ReparseTag;
    }

    // FILE_BASIC_INFO
    [StructLayout(LayoutKind.Sequential)]
    public struct BasicInfo
    {
        public long CreationTime;
        public long LastAccessTime;
        public long LastWriteTime;
        public long ChangeTime;
        public uint Attributes;
        private readonly uint _padding;
    }

    // BY_HANDLE_FILE_INFORMATION
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct HandleInformation
    {
        public uint Attributes;
        public long CreationTime;
        public long LastAccessTime;
        public long LastWriteTime;
        public uint VolumeSerialNumber;
        public uint SizeHigh;
        public uint SizeLow;
        public uint Links;
        public uint IndexHigh;
        public uint IndexLow;
    }

    // FILE_RENAME_INFO, up to its name.
    [StructLayout(LayoutKind.Sequential)]
    private struct RenameInfo
    {
        public uint Flags;
        private readonly uint _padding;
        public nint RootDirectory;
        public uint NameBytes;
        public fixed char Name[1];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct UnicodeString
    {
        public ushort Length;
        public ushort MaximumLength;
        public char* Buffer;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectAttributes
    {
        public uint Length;
        public nint RootDirectory;
        public UnicodeString* Name;
        public uint Attributes;
        public nint SecurityDescriptor;
        public nint SecurityQuality;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoStatusBlock
    {
        public nint Status;
        public nint Information;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Overlapped(long offset)
    {
        public nint Internal;
        public nint InternalHigh;
        public uint Offset = (uint)offset;
        public uint OffsetHigh = (uint)(offset >> 32);
        public nint Event;
    }

    /// <summary>open(2). With O_CREAT the file is made for its user alone (<see cref="PrivateSecurity"/>), whatever the mode, which is never more here.</summary>
    public static int open(string path, int flags, uint mode)
    {
        uint access = (flags & (O_WRONLY | O_RDWR)) switch
        {
            O_RDONLY => GENERIC_READ,
            O_WRONLY => GENERIC_WRITE,
            _ => GENERIC_READ | GENERIC_WRITE,
        };
        if ((flags & O_APPEND) != 0)
        {
            // Without FILE_WRITE_DATA each write goes to the end, in one step; to read is what a lock takes.
            access = GENERIC_READ | FILE_APPEND_DATA | SYNCHRONIZE;
        }

        uint disposition = (flags & (O_CREAT | O_EXCL | O_TRUNC)) switch
        {
            O_CREAT | O_EXCL or O_CREAT | O_EXCL | O_TRUNC => CREATE_NEW,
            O_CREAT | O_TRUNC => CREATE_ALWAYS,
            O_CREAT => OPEN_ALWAYS,
            O_TRUNC => TRUNCATE_EXISTING,
            _ => OPEN_EXISTING,
        };
        // A directory opens with this flag only, and for reading: what it is, is seen then.
        // What turns out to be a pipe learns whose handler this is, and may not act as its user.
        uint attributes = FILE_ATTRIBUTE_NORMAL | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION | ((flags & (O_WRONLY | O_RDWR)) == 0 ? FILE_FLAG_BACKUP_SEMANTICS : 0);
        bool follows = (flags & O_NOFOLLOW) == 0;
        PrivateSecurity.Attributes security = PrivateSecurity.OfFile;
        string full = LongPath(path);
        nint file = CreateFileW(full, access, ShareAll, (flags & O_CREAT) != 0 ? &security : null, disposition, attributes | (follows ? 0 : FILE_FLAG_OPEN_REPARSE_POINT), 0);
        if (file == InvalidHandle)
        {
            return Win32Error.Fail(nameof(CreateFileW));
        }

        AttributeTag found;
        if (((flags & O_DIRECTORY) != 0 || !follows) && GetFileInformationByHandleEx(file, FileAttributeTagInfo, &found, (uint)sizeof(AttributeTag)) != 0)
        {
            if (!follows && IsLink(found))
            {
                return FailClosing(file, Win32Error.ERROR_INVALID_NAME, ELOOP);
            }

            if ((flags & O_DIRECTORY) != 0 && (found.Attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
            {
                return FailClosing(file, Win32Error.ERROR_DIRECTORY, ENOTDIR);
            }

            if (!follows && (found.Attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
            {
                // Such as a file that is elsewhere until it is read: no name leads away from here.
                _ = CloseHandle(file);
                return open(path, flags & ~(O_NOFOLLOW | O_EXCL | O_TRUNC), mode);
            }
        }

        return (int)file;
    }

    /// <summary>openat(2), for reading, links never followed: NtCreateFile has names relative to a handle.</summary>
    public static int openat(int directory, string name, int flags, uint mode)
    {
        fixed (char* characters = name)
        {
            UnicodeString text = new() { Buffer = characters, Length = (ushort)(name.Length * sizeof(char)), MaximumLength = (ushort)(name.Length * sizeof(char)) };
            ObjectAttributes attributes = new() { Length = (uint)sizeof(ObjectAttributes), RootDirectory = directory, Name = &text, Attributes = OBJ_CASE_INSENSITIVE };
            IoStatusBlock block;
            nint file;
            int status = NtCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &block, null, 0, ShareAll, FILE_OPEN,
                FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT | ((flags & O_DIRECTORY) != 0 ? FILE_DIRECTORY_FILE : 0), null, 0);
            if (status != 0)
            {
                return Win32Error.Fail(nameof(NtCreateFile), RtlNtStatusToDosError(status));
            }

            AttributeTag found;
            return GetFileInformationByHandleEx(file, FileAttributeTagInfo, &found, (uint)sizeof(AttributeTag)) != 0 && IsLink(found)
                ? FailClosing(file, Win32Error.ERROR_INVALID_NAME, ELOOP)
                : (int)file;
        }
    }

    /// <summary>close(2).</summary>
    public static int close(int fd)
    {
        FileLock.Forget(fd);
        return CloseHandle(fd) != 0 ? 0 : Win32Error.Fail(nameof(CloseHandle));
    }

    /// <summary>read(2); of a pipe whose writer has gone, 0.</summary>
    public static nint read(int fd, byte* buffer, nint count)
    {
        uint done;
        return ReadFile(fd, buffer, (uint)Math.Min(count, int.MaxValue), &done, null) != 0 ? (nint)done : EndOr(nameof(ReadFile));
    }

    /// <summary>pread(2); the handle's own place moves along, which nobody who calls this asks for.</summary>
    public static nint pread(int fd, byte* buffer, nint count, long offset)
    {
        uint done;
        Overlapped place = new(offset);
        return ReadFile(fd, buffer, (uint)Math.Min(count, int.MaxValue), &done, &place) != 0 ? (nint)done : EndOr(nameof(ReadFile));
    }

    /// <summary>write(2).</summary>
    public static nint write(int fd, byte* buffer, nint count)
    {
        uint done;
        return WriteFile(fd, buffer, (uint)Math.Min(count, int.MaxValue), &done, null) != 0 ? (nint)done : Win32Error.Fail(nameof(WriteFile));
    }

    /// <summary>pwrite(2), as <see cref="pread"/>.</summary>
    public static nint pwrite(int fd, byte* buffer, nint count, long offset)
    {
        uint done;
        Overlapped place = new(offset);
        return WriteFile(fd, buffer, (uint)Math.Min(count, int.MaxValue), &done, &place) != 0 ? (nint)done : Win32Error.Fail(nameof(WriteFile));
    }

    /// <summary>lseek(2).</summary>
    public static long lseek(int fd, long offset, int whence)
    {
        long place;
        return SetFilePointerEx(fd, offset, &place, (uint)whence) != 0 ? place : Win32Error.Fail(nameof(SetFilePointerEx));
    }

    /// <summary>fsync(2). Of a directory there is nothing to do, and FlushFileBuffers refuses it: NTFS writes names in its log in order, and <see cref="rename"/> writes through.</summary>
    public static int fsync(int fd)
    {
        HandleInformation found;
        return (GetFileInformationByHandle(fd, &found) != 0 && (found.Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) || FlushFileBuffers(fd) != 0 ? 0 : Win32Error.Fail(nameof(FlushFileBuffers));
    }

    /// <summary>ftruncate(2).</summary>
    public static int ftruncate(int fd, long length)
        => SetFileInformationByHandle(fd, FileEndOfFileInfo, &length, sizeof(long)) != 0 ? 0 : Win32Error.Fail(nameof(SetFileInformationByHandle));

    /// <summary>fallocate(2): what NTFS reserves beyond a file's end it takes back when the file is closed, so that nothing would be won.</summary>
    public static int fallocate(int fd, int mode, long offset, long length) => Win32Error.Fail("FileAllocationInfo", Win32Error.ERROR_NOT_SUPPORTED);

    /// <summary>fchmod(2): <see cref="open"/> has made it for its user alone already.</summary>
    public static int fchmod(int fd, uint mode) => 0;

    /// <summary>flock(2), see <see cref="FileLock"/>.</summary>
    public static int flock(int fd, int operation) => FileLock.Set(fd, operation);

    /// <summary>rename(2): what has the new name is replaced in one step, also while somebody has it open (Windows 10 1709 and NTFS; elsewhere, not while it is open without FILE_SHARE_DELETE).</summary>
    public static int rename(string from, string to)
    {
        (string source, string target) = (LongPath(from), LongPath(to));
        return WhileHeld(() => Rename(source, target));
    }

    private static int Rename(string from, string target)
    {
        nint file = CreateFileW(from, DELETE | SYNCHRONIZE, ShareAll, null, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_WRITE_THROUGH, 0);
        if (file == InvalidHandle)
        {
            return Win32Error.Fail(nameof(CreateFileW));
        }

        int bytes = sizeof(RenameInfo) + (target.Length * sizeof(char));
        fixed (byte* buffer = new byte[bytes])
        {
            RenameInfo* info = (RenameInfo*)buffer;
            info->Flags = FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
            info->NameBytes = (uint)(target.Length * sizeof(char));
            target.CopyTo(new Span<char>(info->Name, target.Length));
            int code = SetFileInformationByHandle(file, FileRenameInfoEx, buffer, (uint)bytes) != 0 ? 0 : Marshal.GetLastPInvokeError();
            _ = CloseHandle(file);
            return code == 0 ? 0
                : !IsUnknown(code) ? Win32Error.Fail(nameof(SetFileInformationByHandle), code)
                : Move(from, target);
        }
    }

    // A scanner or an indexer has a file open for a moment, and does not share its removal.
    private static int WhileHeld(Func<int> attempt)
    {
        long began = Environment.TickCount64;
        int answer;
        while ((answer = attempt()) != 0 && Win32Error.Last.Errno is EACCES or EBUSY && Environment.TickCount64 - began < ReplaceMilliseconds)
        {
            Thread.Sleep(ReplaceTryMilliseconds);
        }

        return answer;
    }

    // Where nothing is replaced while somebody has it open, that is waited for, the time of a read; then what is there gets another name first, and for a moment there is nothing.
    private static int Move(string from, string to)
    {
        long began = Environment.TickCount64;
        while (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0)
        {
            int code = Marshal.GetLastPInvokeError();
            if (code is not (Win32Error.ERROR_ACCESS_DENIED or Win32Error.ERROR_SHARING_VIOLATION))
            {
                return Win32Error.Fail(nameof(MoveFileExW), code);
            }

            if (Environment.TickCount64 - began >= ReplaceMilliseconds)
            {
                return MoveOverOpen(from, to);
            }

            Thread.Sleep(ReplaceTryMilliseconds);
        }

        return 0;
    }

    private static int MoveOverOpen(string from, string to)
    {
        string aside = Aside(to);
        if (MoveFileExW(to, aside, MOVEFILE_WRITE_THROUGH) == 0)
        {
            return Win32Error.Fail(nameof(MoveFileExW));
        }

        if (MoveFileExW(from, to, MOVEFILE_WRITE_THROUGH) == 0)
        {
            int code = Marshal.GetLastPInvokeError();
            _ = MoveFileExW(aside, to, MOVEFILE_WRITE_THROUGH);
            return Win32Error.Fail(nameof(MoveFileExW), code);
        }

        _ = DeleteFileW(aside);
        return 0;
    }

    private static string Aside(string path) => $"{path}.{Guid.NewGuid():N}{AsideSuffix}";

    /// <summary>unlink(2): the name is free at once (Windows 10 1709 and NTFS; elsewhere when the last handle is closed). A directory is refused.</summary>
    public static int unlink(string path)
    {
        string full = LongPath(path);
        return WhileHeld(() => Unlink(full));
    }

    private static int Unlink(string full)
    {
        nint file = CreateFileW(full, DELETE | SYNCHRONIZE, ShareAll, null, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, 0);
        if (file == InvalidHandle)
        {
            return Win32Error.Fail(nameof(CreateFileW));
        }

        uint disposition = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
        int code = SetFileInformationByHandle(file, FileDispositionInfoEx, &disposition, sizeof(uint)) != 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = CloseHandle(file);
        return code == 0 ? 0 : IsUnknown(code) ? Delete(full) : Win32Error.Fail(nameof(SetFileInformationByHandle), code);
    }

    // Where a file keeps its name until the last handle is closed, it gets another one first.
    private static int Delete(string path)
    {
        string aside = Aside(path);
        string last = MoveFileExW(path, aside, MOVEFILE_WRITE_THROUGH) != 0 ? aside : path;
        return DeleteFileW(last) != 0 ? 0 : Win32Error.Fail(nameof(DeleteFileW));
    }

    /// <summary>Whether there is something of a name, and what: opened only to be looked at, which hinders nobody.</summary>
    /// <returns>A handle, or -1.</returns>
    internal static int Look(string path, bool followsLinks)
    {
        nint file = CreateFileW(LongPath(path), FILE_READ_ATTRIBUTES, ShareAll, null, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | (followsLinks ? 0 : FILE_FLAG_OPEN_REPARSE_POINT), 0);
        return file == InvalidHandle ? Win32Error.Fail(nameof(CreateFileW)) : (int)file;
    }

    /// <summary>What an open file is: type (<see cref="S_IFMT"/>), and what Win32 knows of it.</summary>
    /// <returns>0, or -1.</returns>
    internal static int Describe(int fd, out HandleInformation information, out int type)
    {
        AttributeTag tag;
        bool isLink = GetFileInformationByHandleEx(fd, FileAttributeTagInfo, &tag, (uint)sizeof(AttributeTag)) != 0 && IsLink(tag);
        fixed (HandleInformation* found = &information)
        {
            bool isKnown = GetFileInformationByHandle(fd, found) != 0;
            type = isLink ? S_IFLNK : (information.Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? S_IFDIR : S_IFREG;
            return isKnown ? 0 : Win32Error.Fail(nameof(GetFileInformationByHandle));
        }
    }

    /// <summary>Whether it is a file, and no device or pipe.</summary>
    internal static bool IsOnDisk(int fd) => GetFileType(fd) == FILE_TYPE_DISK;

    /// <summary>When an open file was last changed, renamed or linked, as FILETIME has it.</summary>
    /// <returns>0, or -1.</returns>
    internal static int ChangeTime(int fd, out long time)
    {
        BasicInfo info;
        int answer = GetFileInformationByHandleEx(fd, FileBasicInfo, &info, (uint)sizeof(BasicInfo)) != 0 ? 0 : Win32Error.Fail(nameof(GetFileInformationByHandleEx));
        time = answer == 0 ? info.ChangeTime : 0;
        return answer;
    }

    /// <summary>An absolute path, as Win32 takes it whatever its length.</summary>
    internal static string LongPath(string path)
    {
        string full = Path.GetFullPath(path);
        return full.Length <= LongestPlainPath || full.StartsWith(LongPrefix, StringComparison.Ordinal) || full.StartsWith(@"\\.\", StringComparison.Ordinal) ? full
            : full.StartsWith(@"\\", StringComparison.Ordinal) ? LongUncPrefix + full[2..]
            : LongPrefix + full;
    }

    // Symbolic links and mount points (junctions): a name that stands for another one ("Reparse Point Tags").
    private static bool IsLink(in AttributeTag found) => (found.Attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 && (found.ReparseTag & ReparseTagNameSurrogate) != 0;

    // What an older system, or a file system other than NTFS, says of an information class that it does not know.
    private static bool IsUnknown(int code)
        => code is Win32Error.ERROR_INVALID_PARAMETER or Win32Error.ERROR_INVALID_FUNCTION or Win32Error.ERROR_NOT_SUPPORTED or Win32Error.ERROR_CALL_NOT_IMPLEMENTED or Win32Error.ERROR_INVALID_LEVEL;

    private static nint EndOr(string call)
        => Marshal.GetLastPInvokeError() is Win32Error.ERROR_HANDLE_EOF or Win32Error.ERROR_BROKEN_PIPE ? 0 : Win32Error.Fail(call);

    private static int FailClosing(nint file, int code, int errno)
    {
        _ = CloseHandle(file);
        return Win32Error.Fail(nameof(CreateFileW), code, errno);
    }

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial nint CreateFileW(string path, uint access, uint share, PrivateSecurity.Attributes* security, uint disposition, uint flags, nint template);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int CloseHandle(nint handle);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint GetFileType(nint file);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int ReadFile(nint file, byte* buffer, uint count, uint* done, Overlapped* place);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int WriteFile(nint file, byte* buffer, uint count, uint* done, Overlapped* place);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int SetFilePointerEx(nint file, long distance, long* place, uint method);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int FlushFileBuffers(nint file);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int SetFileInformationByHandle(nint file, int kind, void* information, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetFileInformationByHandleEx(nint file, int kind, void* information, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetFileInformationByHandle(nint file, HandleInformation* information);
    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial int MoveFileExW(string from, string to, uint flags);
    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial int DeleteFileW(string path);
    [LibraryImport("ntdll")] private static partial int NtCreateFile(nint* file, uint access, ObjectAttributes* attributes, IoStatusBlock* block, long* allocation, uint fileAttributes, uint share, uint disposition, uint options, void* extended, uint extendedBytes);
    [LibraryImport("ntdll")] private static partial int RtlNtStatusToDosError(int status);
}
