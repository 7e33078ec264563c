using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>
/// Ends the program with this process, if that is killed: a job ("Job Objects") whose only handle is this one's. The program is its one member: what it starts in its turn is in no job of ours, as
/// JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK has it, and lives on, as on Linux.
/// </summary>
internal sealed unsafe class ProgramJob : IDisposable
{
    private readonly FileDescriptor? _job = Create();

    /// <summary>Takes a program into it that has not begun. Where that cannot be, such as in a job of others that takes no further one, the program outlives this process, and is run all the same.</summary>
    public void Take(StartedProcess program)
    {
        if (_job is not null)
        {
            _ = ProcessCalls.AssignProcessToJobObject(_job.Number, program.Handle.Number);
        }
    }

    public void Dispose() => _job?.Dispose();

    private static FileDescriptor? Create()
    {
        nint handle = ProcessCalls.CreateJobObjectW(0, 0);
        if (handle == 0)
        {
            return null;
        }

        FileDescriptor job = new((int)handle);
        ProcessCalls.JobLimits limits = new() { LimitFlags = ProcessCalls.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | ProcessCalls.JOB_OBJECT_LIMIT_BREAKAWAY_OK | ProcessCalls.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK };
        if (ProcessCalls.SetInformationJobObject(job.Number, ProcessCalls.JobObjectExtendedLimitInformation, &limits, (uint)sizeof(ProcessCalls.JobLimits)) == 0)
        {
            job.Dispose();
            return null;
        }

        return job;
    }
}
