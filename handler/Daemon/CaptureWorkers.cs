using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// The threads that capture. ptrace belongs to a thread, so each is a dedicated one, and it ends with its capture: what a tracer could not let go is
/// let go by the kernel when it ends. On the event loop's thread, but for the captures themselves.
/// </summary>
internal sealed class CaptureWorkers(Func<CaptureJob, ReleaseOutcome> record, Action<CaptureJob, ReleaseOutcome> completed, EventLoop loop, TimeProvider time, Func<ILogger> log)
{
    // A stack of the default 8 MiB would only be reserved, but small is enough: the capture does not recurse.
    private const int StackBytes = 1 << 20;

    private readonly Queue<CaptureJob> _waiting = new();
    private int _running;

    /// <summary>Hands over a job; it waits for one of the threads.</summary>
    public void Enqueue(CaptureJob job)
    {
        _waiting.Enqueue(job);
        StartNext();
    }

    private void StartNext()
    {
        if (_running < DaemonLimits.CaptureWorkers && _waiting.TryDequeue(out CaptureJob? job))
        {
            _running++;
            new Thread(() => Work(job), StackBytes) { IsBackground = true, Name = "capture" }.Start();
        }
    }

    private void Work(CaptureJob job)
    {
        job.Touch(time.GetTimestamp());
        bool isFree = false;
        job.Captured = () => loop.Post(() =>
        {
            isFree = true;
            FreeOne();
        });
        ReleaseOutcome outcome = ReleaseOutcome.NotReported;
        try
        {
            outcome = record(job);
        }
        catch (Exception failure)
        {
            // Whatever it is, it must cost this report only, and must be seen.
            log().Error(failure, "No report of pid {Client}", job.Identity.ProcessId);
        }

        loop.Post(() =>
        {
            completed(job, outcome);
            if (!isFree)
            {
                FreeOne();
            }
        });
    }

    private void FreeOne()
    {
        _running--;
        StartNext();
    }
}
