using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What the system tells of another process of this user.</summary>
internal static unsafe partial class ProcessFacts
{
    private const uint STILL_ACTIVE = 259;
    private const int LongestPath = 32_768;

    /// <summary>PROCESS_MEMORY_COUNTERS, in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MemoryCounters
    {
        public uint Size;
        public uint PageFaults;
        public nuint PeakWorkingSet;
        public nuint WorkingSet;
        public nuint PeakPagedPool;
        public nuint PagedPool;
        public nuint PeakNonPagedPool;
        public nuint NonPagedPool;
        public nuint Pagefile;
        public nuint PeakPagefile;
    }

    /// <summary>Opens a process to ask for what follows.</summary>
    /// <exception cref="SyscallException">It is gone, or another user's.</exception>
    public static FileDescriptor Open(int processId)
    {
        nint process = PipeCalls.OpenProcess(PipeCalls.PROCESS_QUERY_LIMITED_INFORMATION, 0, (uint)processId);
        return process != 0 ? new FileDescriptor((int)process) : throw PipeCalls.LastFailure("OpenProcess", $"process {processId}");
    }

    /// <summary>When it was created: 100 ns since 1601, UTC.</summary>
    /// <exception cref="SyscallException">GetProcessTimes failed.</exception>
    public static ulong StartTime(FileDescriptor process)
    {
        ulong created, exited, kernel, user;
        return GetProcessTimes(process.Number, &created, &exited, &kernel, &user) != 0 ? created : throw PipeCalls.LastFailure("GetProcessTimes");
    }

    /// <summary>Its exit code, which is there as soon as it begins to end; null: it goes on.</summary>
    /// <exception cref="SyscallException">GetExitCodeProcess failed.</exception>
    public static int? ExitCode(FileDescriptor process)
    {
        uint code;
        return ProcessCalls.GetExitCodeProcess(process.Number, &code) == 0 ? throw PipeCalls.LastFailure("GetExitCodeProcess")
            : code != STILL_ACTIVE || IsDead(process) ? unchecked((int)code)
            : null;
    }

    /// <summary>Whether it has ended.</summary>
    public static bool IsDead(FileDescriptor process) => PipeCalls.WaitForSingleObject(process.Number, 0) == PipeCalls.WAIT_OBJECT_0;

    /// <summary>What it takes of memory.</summary>
    /// <exception cref="SyscallException">GetProcessMemoryInfo failed.</exception>
    public static MemoryCounters Memory(FileDescriptor process)
    {
        MemoryCounters counters = new() { Size = (uint)sizeof(MemoryCounters) };
        return K32GetProcessMemoryInfo(process.Number, &counters, counters.Size) != 0 ? counters : throw PipeCalls.LastFailure("GetProcessMemoryInfo");
    }

    /// <summary>Absolute path of its program.</summary>
    /// <exception cref="SyscallException">QueryFullProcessImageName failed.</exception>
    public static string Program(FileDescriptor process)
    {
        char[] path = new char[LongestPath];
        uint length = LongestPath;
        fixed (char* characters = path)
        {
            return QueryFullProcessImageNameW(process.Number, 0, characters, &length) != 0 ? new string(path, 0, (int)length) : throw PipeCalls.LastFailure("QueryFullProcessImageName");
        }
    }

    /// <summary>Whether it is a 32-bit process of this 64-bit system.</summary>
    /// <exception cref="SyscallException">IsWow64Process failed.</exception>
    public static bool IsWow64(FileDescriptor process)
    {
        int answer;
        return IsWow64Process(process.Number, &answer) != 0 ? answer != 0 : throw PipeCalls.LastFailure(nameof(IsWow64Process));
    }

    /// <summary>Whether a debugger is attached to it.</summary>
    /// <param name="process">Open with PROCESS_QUERY_INFORMATION.</param>
    /// <exception cref="SyscallException">CheckRemoteDebuggerPresent failed.</exception>
    public static bool IsDebugged(nint process)
    {
        int answer;
        return CheckRemoteDebuggerPresent(process, &answer) != 0 ? answer != 0 : throw PipeCalls.LastFailure(nameof(CheckRemoteDebuggerPresent));
    }

    /// <summary>Suspends every thread of a process once more; the handle has PROCESS_SUSPEND_RESUME.</summary>
    /// <returns>An NTSTATUS: not negative if it is done.</returns>
    public static int Suspend(FileDescriptor process) => NtSuspendProcess(process.Number);

    /// <summary>Resumes every thread of a process once: what was suspended once goes on. One that is gone has none.</summary>
    public static void Resume(FileDescriptor process) => _ = NtResumeProcess(process.Number);

    [LibraryImport("kernel32", SetLastError = true)] private static partial int IsWow64Process(nint process, int* answer);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int CheckRemoteDebuggerPresent(nint process, int* answer);
    [LibraryImport("ntdll")] private static partial int NtSuspendProcess(nint process);
    [LibraryImport("ntdll")] private static partial int NtResumeProcess(nint process);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetProcessTimes(nint process, ulong* created, ulong* exited, ulong* kernel, ulong* user);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32GetProcessMemoryInfo(nint process, MemoryCounters* counters, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int QueryFullProcessImageNameW(nint process, uint flags, char* path, uint* length);
}
