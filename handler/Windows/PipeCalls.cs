using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>The Win32 calls of named pipes, of who is at their other end, and of waiting. Thin: each answers as its document says, with GetLastError in <c>Marshal.GetLastPInvokeError()</c>.</summary>
internal static unsafe partial class PipeCalls
{
    private const string Kernel = "kernel32", Advapi = "advapi32";

    public const nint InvalidHandle = -1;

    public const int ERROR_FILE_NOT_FOUND = 2, ERROR_ACCESS_DENIED = 5, ERROR_INVALID_HANDLE = 6, ERROR_NOT_ENOUGH_MEMORY = 8, ERROR_INVALID_PARAMETER = 87, ERROR_BROKEN_PIPE = 109, ERROR_SEM_TIMEOUT = 121,
        ERROR_PIPE_BUSY = 231, ERROR_NO_DATA = 232, ERROR_PIPE_NOT_CONNECTED = 233, ERROR_MORE_DATA = 234, ERROR_PIPE_CONNECTED = 535, ERROR_OPERATION_ABORTED = 995, ERROR_IO_INCOMPLETE = 996,
        ERROR_IO_PENDING = 997, ERROR_NO_SYSTEM_RESOURCES = 1450;

    public const uint PIPE_ACCESS_DUPLEX = 3, FILE_FLAG_OVERLAPPED = 0x40000000, FILE_FLAG_FIRST_PIPE_INSTANCE = 0x80000;
    public const uint PIPE_TYPE_MESSAGE = 4, PIPE_READMODE_MESSAGE = 2, PIPE_REJECT_REMOTE_CLIENTS = 8, PIPE_UNLIMITED_INSTANCES = 255;
    public const uint GENERIC_READ = 0x80000000, GENERIC_WRITE = 0x40000000, OPEN_EXISTING = 3, SECURITY_SQOS_PRESENT = 0x100000, SECURITY_IDENTIFICATION = 0x10000;
    public const uint SYNCHRONIZE = 0x100000, PROCESS_VM_READ = 0x10, PROCESS_DUP_HANDLE = 0x40, PROCESS_QUERY_INFORMATION = 0x400, PROCESS_SUSPEND_RESUME = 0x800, PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
    public const uint DUPLICATE_SAME_ACCESS = 2;
    public const uint TOKEN_QUERY = 8;
    public const int TokenUser = 1;
    public const uint SDDL_REVISION_1 = 1;
    public const uint WAIT_OBJECT_0 = 0, WAIT_TIMEOUT = 258, INFINITE = uint.MaxValue;
    public const nuint STATUS_PENDING = 0x103;

    [StructLayout(LayoutKind.Sequential)]
    public struct Overlapped
    {
        public nuint Internal;
        public nuint InternalHigh;
        public ulong Offset;
        public nint Event;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct SecurityAttributes
    {
        public uint Length;
        public nint Descriptor;
        public int InheritHandle;
    }

    [LibraryImport(Kernel, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint CreateNamedPipeW(string name, uint openMode, uint pipeMode, uint maxInstances, uint outBytes, uint inBytes, uint defaultMilliseconds, SecurityAttributes* security);

    [LibraryImport(Kernel, SetLastError = true)] public static partial int ConnectNamedPipe(nint pipe, Overlapped* overlapped);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int DisconnectNamedPipe(nint pipe);
    [LibraryImport(Kernel, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] public static partial int WaitNamedPipeW(string name, uint milliseconds);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int SetNamedPipeHandleState(nint pipe, uint* mode, uint* maxBytes, uint* maxMilliseconds);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int GetNamedPipeHandleStateW(nint pipe, uint* mode, uint* instances, uint* maxBytes, uint* maxMilliseconds, char* user, uint userCharacters);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int GetNamedPipeClientProcessId(nint pipe, uint* processId);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int GetNamedPipeServerProcessId(nint pipe, uint* processId);

    [LibraryImport(Kernel, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint CreateFileW(string name, uint access, uint share, SecurityAttributes* security, uint disposition, uint flags, nint template);

    [LibraryImport(Kernel, SetLastError = true)] public static partial int ReadFile(nint file, void* buffer, uint bytes, uint* read, Overlapped* overlapped);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int WriteFile(nint file, void* buffer, uint bytes, uint* written, Overlapped* overlapped);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int GetOverlappedResult(nint file, Overlapped* overlapped, uint* transferred, int wait);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int CancelIoEx(nint file, Overlapped* overlapped);
    [LibraryImport(Kernel, SetLastError = true)] public static partial nint CreateEventW(SecurityAttributes* security, int manualReset, int initialState, nint name);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int SetEvent(nint handle);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int ResetEvent(nint handle);
    [LibraryImport(Kernel, SetLastError = true)] public static partial uint WaitForSingleObject(nint handle, uint milliseconds);
    [LibraryImport(Kernel, SetLastError = true)] public static partial uint WaitForMultipleObjects(uint count, nint* handles, int waitForAll, uint milliseconds);
    [LibraryImport(Kernel, SetLastError = true)] public static partial nint OpenProcess(uint access, int inherit, uint processId);
    [LibraryImport(Kernel)] public static partial nint GetCurrentProcess();
    [LibraryImport(Kernel, SetLastError = true)] public static partial int DuplicateHandle(nint sourceProcess, nint source, nint targetProcess, nint* target, uint access, int inherit, uint options);
    [LibraryImport(Kernel)] public static partial nint LocalFree(nint memory);
    [LibraryImport(Advapi, SetLastError = true)] public static partial int OpenProcessToken(nint process, uint access, nint* token);
    [LibraryImport(Advapi, SetLastError = true)] public static partial int GetTokenInformation(nint token, int kind, void* buffer, uint bytes, uint* needed);
    [LibraryImport(Advapi, SetLastError = true)] public static partial int ConvertSidToStringSidW(nint sid, nint* text);

    [LibraryImport(Advapi, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial int ConvertStringSecurityDescriptorToSecurityDescriptorW(string text, uint revision, nint* descriptor, uint* bytes);

    /// <summary>From the error of a call. What was cancelled for want of room says EAGAIN.</summary>
    public static SyscallException Failure(string call, int error, string? subject = null, string? advice = null)
    {
        _ = Win32Error.Fail(call, error, error == ERROR_OPERATION_ABORTED ? Libc.EAGAIN : Win32Error.ErrnoOf(error));
        return SyscallException.Last(call, subject, advice);
    }

    /// <summary>From the error of the call just made.</summary>
    public static SyscallException LastFailure(string call, string? subject = null, string? advice = null) => Failure(call, Marshal.GetLastPInvokeError(), subject, advice);
}
