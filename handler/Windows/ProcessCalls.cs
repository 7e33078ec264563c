using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>The Win32 calls that start a process, and end it. Thin: each answers as its document says, with GetLastError in <c>Marshal.GetLastPInvokeError()</c>.</summary>
internal static unsafe partial class ProcessCalls
{
    private const string Kernel = "kernel32";

    public const uint CREATE_SUSPENDED = 0x4, CREATE_NEW_PROCESS_GROUP = 0x200, CREATE_UNICODE_ENVIRONMENT = 0x400, EXTENDED_STARTUPINFO_PRESENT = 0x80000, CREATE_NO_WINDOW = 0x8000000;
    public const uint STARTF_USESTDHANDLES = 0x100;
    public const uint STD_INPUT_HANDLE = unchecked((uint)-10), STD_OUTPUT_HANDLE = unchecked((uint)-11), STD_ERROR_HANDLE = unchecked((uint)-12);
    public const uint HANDLE_FLAG_INHERIT = 1;
    public const nuint PROC_THREAD_ATTRIBUTE_HANDLE_LIST = 0x20002;

    /// <summary>STARTUPINFOEXW: its attributes are behind what STARTUPINFOW has.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct StartupInfo
    {
        public uint Size;
        public nint Reserved;
        public nint Desktop;
        public nint Title;
        public uint X, Y, XSize, YSize, XCountCharacters, YCountCharacters, FillAttribute;
        public uint Flags;
        public ushort ShowWindow;
        public ushort Reserved2Bytes;
        public nint Reserved2;
        public nint StandardInput, StandardOutput, StandardError;
        public nint Attributes;
    }

    /// <summary>PROCESS_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ProcessInformation
    {
        public nint Process;
        public nint Thread;
        public uint ProcessId;
        public uint ThreadId;
    }

    [LibraryImport(Kernel, SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial int CreateProcessW(string program, char* commandLine, nint processSecurity, nint threadSecurity, int inheritHandles, uint flags, char* environment, string? directory,
        StartupInfo* startup, ProcessInformation* made);

    [LibraryImport(Kernel, SetLastError = true)] public static partial int InitializeProcThreadAttributeList(void* list, uint count, uint flags, nuint* bytes);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int UpdateProcThreadAttribute(void* list, uint flags, nuint attribute, void* value, nuint bytes, nint previous, nint returned);
    [LibraryImport(Kernel)] public static partial void DeleteProcThreadAttributeList(void* list);
    [LibraryImport(Kernel, SetLastError = true)] public static partial nint GetStdHandle(uint which);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int SetHandleInformation(nint handle, uint mask, uint flags);
    [LibraryImport(Kernel, SetLastError = true)] public static partial uint ResumeThread(nint thread);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int TerminateProcess(nint process, uint exitCode);
    [LibraryImport(Kernel, SetLastError = true)] public static partial int GetExitCodeProcess(nint process, uint* exitCode);
}
