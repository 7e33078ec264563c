using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>A job ("Job Objects"): what is in it ends with it, and has no more than it allows.</summary>
internal sealed unsafe partial class JobObject : IDisposable
{
    // JOBOBJECTINFOCLASS and JOB_OBJECT_UILIMIT_* of winnt.h.
    private const int JobObjectBasicUIRestrictions = 4, JobObjectExtendedLimitInformation = 9;
    private const uint JOB_OBJECT_UILIMIT_ALL = 0xFF;

    private readonly FileDescriptor _job;

    private JobObject(FileDescriptor job) => _job = job;

    /// <summary>Makes one for one process, which may start none, shows no dialog when it crashes, and, unless this process is in a job itself, can neither see nor change anything of the desktop's. It ends when this object is disposed of, or with this process.</summary>
    /// <param name="memory">Bytes that it may commit.</param>
    /// <param name="processorTime">Time in user mode after which the system ends it.</param>
    /// <exception cref="SyscallException">The system makes none.</exception>
    public static JobObject ForOne(ulong memory, TimeSpan processorTime)
    {
        JobObject job = Create(new JobObjectLimits
        {
            LimitFlags = JobObjectLimits.JOB_OBJECT_LIMIT_PROCESS_TIME | JobObjectLimits.JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JobObjectLimits.JOB_OBJECT_LIMIT_PROCESS_MEMORY | JobObjectLimits.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JobObjectLimits.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
            PerProcessUserTimeLimit = processorTime.Ticks,
            ActiveProcessLimit = 1,
            ProcessMemoryLimit = memory,
        });
        try
        {
            Restrict(job._job, JOB_OBJECT_UILIMIT_ALL);
            return job;
        }
        catch
        {
            job.Dispose();
            throw;
        }
    }

    /// <summary>Makes one that ends its member with this process, and limits nothing else. What the member starts in its turn is in no job of ours, and lives on.</summary>
    /// <exception cref="SyscallException">The system makes none.</exception>
    public static JobObject ForProgram() => Create(new JobObjectLimits { LimitFlags = JobObjectLimits.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JobObjectLimits.JOB_OBJECT_LIMIT_BREAKAWAY_OK | JobObjectLimits.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK });

    /// <summary>LimitFlags of the innermost job that this process is in; null: it is in none.</summary>
    /// <exception cref="SyscallException">It cannot be asked for.</exception>
    public static uint? FlagsOfOwn()
    {
        int isInJob;
        if (IsProcessInJob(PipeCalls.GetCurrentProcess(), 0, &isInJob) == 0)
        {
            throw PipeCalls.LastFailure(nameof(IsProcessInJob));
        }

        JobObjectLimits limits;
        return isInJob == 0 ? null
            : QueryInformationJobObject(0, JobObjectExtendedLimitInformation, &limits, (uint)sizeof(JobObjectLimits), null) != 0 ? limits.LimitFlags
            : throw PipeCalls.LastFailure(nameof(QueryInformationJobObject));
    }

    /// <summary>Puts a process into it.</summary>
    /// <exception cref="SyscallException">It is not put there.</exception>
    public void Add(StartedProcess process)
    {
        if (AssignProcessToJobObject(_job.Number, process.Handle.Number) != 0)
        {
            return;
        }

        // Where this process is in a job itself, a new one of its children's must not restrict the desktop ("AssignProcessToJobObject"): the other limits matter more.
        Restrict(_job, 0);
        if (AssignProcessToJobObject(_job.Number, process.Handle.Number) == 0)
        {
            throw PipeCalls.LastFailure("AssignProcessToJobObject", $"process {process.ProcessId}");
        }
    }

    public void Dispose() => _job.Dispose();

    private static JobObject Create(JobObjectLimits limits)
    {
        nint handle = CreateJobObjectW(0, 0);
        FileDescriptor job = handle != 0 ? new FileDescriptor((int)handle) : throw PipeCalls.LastFailure("CreateJobObject");
        try
        {
            Set(job, JobObjectExtendedLimitInformation, &limits, (uint)sizeof(JobObjectLimits));
            return new JobObject(job);
        }
        catch
        {
            job.Dispose();
            throw;
        }
    }

    private static void Restrict(FileDescriptor job, uint restrictions) => Set(job, JobObjectBasicUIRestrictions, &restrictions, sizeof(uint));

    private static void Set(FileDescriptor job, int kind, void* information, uint bytes)
    {
        if (SetInformationJobObject(job.Number, kind, information, bytes) == 0)
        {
            throw PipeCalls.LastFailure("SetInformationJobObject", $"information class {kind}");
        }
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint CreateJobObjectW(nint security, nint name);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int SetInformationJobObject(nint job, int kind, void* information, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int QueryInformationJobObject(nint job, int kind, JobObjectLimits* limits, uint bytes, uint* needed);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int IsProcessInJob(nint process, nint job, int* result);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int AssignProcessToJobObject(nint job, nint process);
}
