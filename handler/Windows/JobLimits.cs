using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>The job that this process is in ("Job Objects").</summary>
internal static unsafe partial class JobLimits
{
    private const int JobObjectExtendedLimitInformation = 9;

    /// <summary>JOBOBJECT_BASIC_LIMIT_INFORMATION: a job's LimitFlags.</summary>
    public const uint JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x800, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK = 0x1000, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ExtendedLimits
    {
        public long PerProcessUserTimeLimit;
        public long PerJobUserTimeLimit;
        public uint LimitFlags;
        public nuint MinimumWorkingSetSize;
        public nuint MaximumWorkingSetSize;
        public uint ActiveProcessLimit;
        public nuint Affinity;
        public uint PriorityClass;
        public uint SchedulingClass;

        // IO_COUNTERS
        public fixed ulong IoInfo[6];

        public nuint ProcessMemoryLimit;
        public nuint JobMemoryLimit;
        public nuint PeakProcessMemoryUsed;
        public nuint PeakJobMemoryUsed;
    }

    /// <summary>LimitFlags of the innermost job that this process is in; null: it is in none.</summary>
    /// <exception cref="SyscallException">It cannot be asked for.</exception>
    public static uint? Flags()
    {
        int isInJob;
        if (IsProcessInJob(PipeCalls.GetCurrentProcess(), 0, &isInJob) == 0)
        {
            throw PipeCalls.LastFailure(nameof(IsProcessInJob));
        }

        ExtendedLimits limits;
        return isInJob == 0 ? null
            : QueryInformationJobObject(0, JobObjectExtendedLimitInformation, &limits, (uint)sizeof(ExtendedLimits), null) != 0 ? limits.LimitFlags
            : throw PipeCalls.LastFailure(nameof(QueryInformationJobObject));
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial int IsProcessInJob(nint process, nint job, int* result);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int QueryInformationJobObject(nint job, int kind, ExtendedLimits* limits, uint bytes, uint* needed);
}
