using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// The threads that capture: dedicated ones, because ptrace belongs to a thread. When many processes die at once, all dumps are written before the first report
/// is filed: what is written cannot be lost by a process's or this handler's end. A report that takes long has its thread to itself: what else that thread had is
/// filed before, its place is another's, and it takes no other process, which would be held as long. A thread that has nothing to do for a while ends, and so does
/// one that holds a process it could not let go, because then the kernel does.
/// </summary>
/// <param name="capture">Writes a process's dump.</param>
/// <param name="completed">Called on the loop's thread when a job is over.</param>
/// <param name="loop">The handler's.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class CaptureWorkers(Func<CaptureJob, WrittenReport> capture, Action<CaptureJob, ReleaseOutcome> completed, EventLoop loop, TimeProvider time, Func<ILogger> log)
{
    // A stack of the default 8 MiB would only be reserved, but small is enough: the capture does not recurse.
    private const int StackBytes = 1 << 20;

    private readonly object _lock = new();
    private readonly List<CaptureJob> _waiting = [];
    private readonly HashSet<ClientIdentity> _inHand = [];
    private int _places = DaemonLimits.CaptureWorkers;
    private int _idle;
    private int _called;

    /// <summary>Hands over a job; it waits for one of the threads, and for the one that has its process in hand: a process has one tracer at most.</summary>
    public void Enqueue(CaptureJob job)
    {
        lock (_lock)
        {
            _waiting.Add(job);
            Employ();
        }
    }

    // With the lock: a place for a waiting job, with a thread that was idle or a new one.
    private void Employ()
    {
        if (_places == 0 || _waiting.Count(IsFree) <= _called)
        {
            return;
        }

        _places--;
        if (_idle > _called)
        {
            _called++;
            Monitor.Pulse(_lock);
        }
        else
        {
            new Thread(Run, StackBytes) { IsBackground = true, Name = "capture" }.Start();
        }
    }

    // A thread begins with a place.
    private void Run()
    {
        Queue<WrittenReport> written = [];
        bool hasPlace = true, mustEnd = false;
        while (!mustEnd && Next(ref hasPlace, isBusy: written.Count > 0) is var job && (job is not null || written.Count > 0))
        {
            if (job is not null)
            {
                job.Waits = () => FileAll(written, ref mustEnd);
                if (Capture(job) is { } report)
                {
                    written.Enqueue(report);
                    if (report.TakesLong)
                    {
                        GiveUpPlace(ref hasPlace);
                    }
                }

                mustEnd |= job.TracerMustEnd;
            }

            if (written.TryPeek(out WrittenReport? oldest) && (job is null || MustFile(oldest)))
            {
                File(written.Dequeue(), written, ref mustEnd);
            }
        }

        FileAll(written, ref mustEnd);
        GiveUpPlace(ref hasPlace);
    }

    /// <summary>The next job; null: there is none for this thread now.</summary>
    /// <param name="hasPlace">Whether this thread may capture.</param>
    /// <param name="isBusy">It has something else to do, and does not wait.</param>
    private CaptureJob? Next(ref bool hasPlace, bool isBusy)
    {
        lock (_lock)
        {
            while (!isBusy && hasPlace && !_waiting.Exists(IsFree))
            {
                _places++;
                _idle++;
                Monitor.Wait(_lock, DaemonLimits.CaptureWorkerIdle);
                _idle--;
                hasPlace = _called > 0;
                _called -= hasPlace ? 1 : 0;
            }

            int next = hasPlace ? _waiting.FindIndex(IsFree) : -1;
            if (next < 0)
            {
                return null;
            }

            CaptureJob job = _waiting[next];
            _waiting.RemoveAt(next);
            _inHand.Add(job.Identity);
            return job;
        }
    }

    private bool IsFree(CaptureJob job) => !_inHand.Contains(job.Identity);

    // Crashes that never end must not keep reports from being filed.
    private bool MustFile(WrittenReport oldest)
    {
        lock (_lock)
        {
            return _inHand.Count > DaemonLimits.ProcessesInHand || time.GetElapsedTime(oldest.Began) > DaemonLimits.FilingPatience;
        }
    }

    private void FileAll(Queue<WrittenReport> written, ref bool mustEnd)
    {
        while (written.TryDequeue(out WrittenReport? report))
        {
            File(report, written, ref mustEnd);
        }
    }

    private void GiveUpPlace(ref bool hasPlace)
    {
        lock (_lock)
        {
            _places += hasPlace ? 1 : 0;
            hasPlace = false;
            Employ();
        }
    }

    /// <returns>Null: it failed, and is over.</returns>
    private WrittenReport? Capture(CaptureJob job)
    {
        job.Touch(time.GetTimestamp());
        try
        {
            return capture(job);
        }
        catch (Exception failure)
        {
            End(job, failure);
            return null;
        }
    }

    private void File(WrittenReport report, Queue<WrittenReport> others, ref bool mustEnd)
    {
        foreach (WrittenReport other in others)
        {
            other.Job.Touch(time.GetTimestamp());
        }

        try
        {
            ReleaseOutcome outcome = report.File();
            End(report.Job, outcome);
        }
        catch (Exception failure)
        {
            End(report.Job, failure);
        }

        mustEnd |= report.Job.TracerMustEnd;
    }

    private void End(CaptureJob job, Exception failure)
    {
        // Whatever it is, it must cost this report only, and must be seen.
        bool isKnown = failure is CaptureException or DatabaseException or SyscallException or IOException or OperationCanceledException;
        log().Error(isKnown ? null : failure, "No report of pid {Client}: {Reason}", job.Identity.ProcessId, failure.Message);
        job.Failure = failure.Message;
        End(job, ReleaseOutcome.NotReported);
    }

    private void End(CaptureJob job, ReleaseOutcome outcome)
    {
        lock (_lock)
        {
            _inHand.Remove(job.Identity);
            Employ();
        }

        loop.Post(() => completed(job, outcome));
    }
}
