using System.Collections.Concurrent;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// The threads that capture. Each is the tracer of its own target, and ptrace belongs to a thread: so they are dedicated ones, never of a
/// pool. They are started when needed: an idle handler has none.
/// </summary>
internal sealed class CaptureWorkers(Func<CaptureJob, ReleaseOutcome> record, Action<CaptureJob, ReleaseOutcome> completed, TimeProvider time, ILogger log)
    : IDisposable
{
    // A stack of the default 8 MiB would only be reserved, but small is enough: the capture does not recurse.
    private const int StackBytes = 1 << 20;

    private readonly BlockingCollection<CaptureJob> _jobs = [];
    private int _threads;
    private int _busy;

    /// <summary>Hands over a job. On the event loop's thread.</summary>
    public void Enqueue(CaptureJob job)
    {
        if (_threads < DaemonLimits.CaptureWorkers && Volatile.Read(ref _busy) + _jobs.Count >= _threads)
        {
            _threads++;
            new Thread(Work, StackBytes) { IsBackground = true, Name = $"capture {_threads}" }.Start();
        }

        _jobs.Add(job);
    }

    public void Dispose() => _jobs.CompleteAdding();

    private void Work()
    {
        foreach (CaptureJob job in _jobs.GetConsumingEnumerable())
        {
            Interlocked.Increment(ref _busy);
            job.Touch(time.GetTimestamp());
            ReleaseOutcome outcome = ReleaseOutcome.NotReported;
            try
            {
                outcome = record(job);
            }
            catch (Exception failure)
            {
                // Whatever it is, it must cost this report only, and must be seen.
                log.Error(failure, "No report of pid {ProcessId}", job.Identity.ProcessId);
            }
            finally
            {
                Interlocked.Decrement(ref _busy);
                completed(job, outcome);
            }
        }
    }
}
