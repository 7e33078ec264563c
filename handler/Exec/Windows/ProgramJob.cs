using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>Ends the program with this process, if that is killed. The program is its one member: what it starts in its turn lives on, as on Linux.</summary>
internal sealed class ProgramJob : IDisposable
{
    private readonly JobObject _job;

    private ProgramJob(JobObject job) => _job = job;

    /// <summary>Takes a program into one that has not begun. Where that cannot be, such as in a job of others that takes no further one, this says so, and the program is run all the same.</summary>
    /// <returns>Null: the program outlives this process.</returns>
    public static ProgramJob? Of(StartedProcess program)
    {
        JobObject? job = null;
        try
        {
            job = JobObject.ForProgram();
            job.Add(program);
            return new ProgramJob(job);
        }
        catch (SyscallException refused)
        {
            job?.Dispose();
            Console.Error.WriteLine($"crash-handler: the program goes on if this process is killed: {refused.Message}");
            return null;
        }
    }

    public void Dispose() => _job.Dispose();
}
