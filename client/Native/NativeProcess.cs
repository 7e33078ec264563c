using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace CrashHandler.Native;

/// <summary>Processes of this user on Windows.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class NativeProcess
{
    private const string Library = "kernel32";
    private const uint QueryLimitedInformation = 0x1000;

    private const nint ThisProcess = -1;
    private const int BasicInformation = 0, BasicInformationWords = 6;

    // UNICODE_STRING's limit, and so every path's.
    private const int PathCharacters = 32_768;

    /// <summary>Absolute path of its program; null: it is gone, or may not be looked at.</summary>
    public static string? Executable(int processId)
    {
        nint process = OpenProcess(QueryLimitedInformation, 0, processId);
        if (process == 0)
        {
            return null;
        }

        char[] path = new char[PathCharacters];
        uint length = PathCharacters;
        fixed (char* buffer = path)
        {
            bool isKnown = QueryFullProcessImageName(process, 0, buffer, &length) != 0;
            _ = CloseHandle(process);
            return isKnown ? new string(path, 0, (int)length) : null;
        }
    }

    /// <summary>Whether it ended with exit code 0. The shim holds a handle of it, so that its id is not another one's meanwhile.</summary>
    public static bool HasEndedInOrder(int processId)
    {
        nint process = OpenProcess(QueryLimitedInformation, 0, processId);
        uint code = 1;
        bool isKnown = process != 0 && GetExitCodeProcess(process, &code) != 0;
        if (process != 0)
        {
            _ = CloseHandle(process);
        }

        return isKnown && code == 0;
    }

    /// <summary>Pid of the process that started this one, which may be gone and its pid another one's; 0: it is not known.</summary>
    public static int Parent()
    {
        // PROCESS_BASIC_INFORMATION: six words, InheritedFromUniqueProcessId the last.
        nint* information = stackalloc nint[BasicInformationWords];
        return NtQueryInformationProcess(ThisProcess, BasicInformation, information, (uint)(BasicInformationWords * sizeof(nint)), 0) == 0 ? (int)information[BasicInformationWords - 1] : 0;
    }

    [LibraryImport("ntdll")]
    private static partial int NtQueryInformationProcess(nint process, int kind, nint* information, uint bytes, nint needed);

    // docs.microsoft.com, processthreadsapi.h: all of these answer 0 when they fail.
    [LibraryImport(Library)]
    private static partial nint OpenProcess(uint access, int inherit, int processId);

    [LibraryImport(Library)]
    private static partial int GetExitCodeProcess(nint process, uint* code);

    [LibraryImport(Library, EntryPoint = "QueryFullProcessImageNameW")]
    private static partial int QueryFullProcessImageName(nint process, uint flags, char* path, uint* length);

    [LibraryImport(Library)]
    private static partial int CloseHandle(nint handle);
}
