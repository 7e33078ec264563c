using System.Diagnostics;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Stops the threads of a process with ptrace, all but one, and lets them go again. Everything on one OS thread: the kernel
/// knows a tracer by its thread.
/// </summary>
internal sealed unsafe class ThreadFreezer
{
    private readonly int _pid;
    private readonly int _spared;
    private readonly SoftErrorList _errors;
    private readonly CaptureFailSpots _failSpots;
    private readonly Dictionary<int, Tracee> _tracees = [];
    private readonly SortedDictionary<int, SyscallException> _refused = [];
    private readonly HashSet<int> _dead = [];

    /// <param name="pid">The process, in the handler's pid namespace.</param>
    /// <param name="spared">Tid of the reporting thread, which must keep its clock.</param>
    /// <param name="errors">Where soft errors go.</param>
    /// <param name="failSpots">What a test lets fail.</param>
    public ThreadFreezer(int pid, int spared, SoftErrorList errors, CaptureFailSpots failSpots)
    {
        _pid = pid;
        _spared = spared;
        _errors = errors;
        _failSpots = failSpots;
    }

    /// <summary>The threads that stand still.</summary>
    public IEnumerable<int> Stopped => WithState(TraceeState.Stopped);

    /// <summary>All living threads seen but the spared one, stopped or not, by tid.</summary>
    public IEnumerable<int> Threads => _tracees.Values.Where(tracee => tracee.State != TraceeState.Gone && !_dead.Contains(tracee.Tid))
        .Select(tracee => tracee.Tid).Concat(_refused.Keys).Order();

    /// <summary>Why ptrace was refused, when it was for every thread tried.</summary>
    public SyscallException? Refusal => _tracees.Count == 0 && _refused.Count > 0 ? _refused.Values.First() : null;

    /// <summary>A thread could not be let go: only the end of this OS thread makes the kernel do it.</summary>
    public bool HoldsThreads => _tracees.Values.Any(tracee => tracee.State != TraceeState.Gone);

    /// <summary>Stops every thread, and those they started meanwhile, until none is new.</summary>
    /// <exception cref="SyscallException">The process is gone.</exception>
    public void Stop()
    {
        long deadline = Deadline(CaptureLimits.StopTime);
        while (SeizeNew())
        {
            if (Stopwatch.GetTimestamp() > deadline)
            {
                _errors.Add(CaptureStep.Stop, $"process {_pid}", $"it still started threads after {CaptureLimits.StopTime.TotalSeconds} s: some may run");
                break;
            }

            if ((_failSpots & CaptureFailSpots.Stop) == 0)
            {
                WaitUntil(deadline);
            }
        }

        foreach (int tid in WithState(TraceeState.Stopping))
        {
            _errors.Add(CaptureStep.Stop, $"tid {tid}", $"did not stop within {CaptureLimits.StopTime.TotalSeconds} s{StateOf(tid)}");
        }

        if (_tracees.Count > 0 && _refused.Count > 0)
        {
            foreach ((int tid, SyscallException error) in _refused)
            {
                _errors.Add(CaptureStep.Seize, $"tid {tid}", error.Message);
            }
        }
    }

    /// <summary>Lets every thread go, each with the signal that it had been about to get. Never throws.</summary>
    public void Detach()
    {
        long deadline = Deadline(CaptureLimits.DetachTime);
        for (int polls = 0; ; polls++)
        {
            bool left = false;

            // The leader last: its death is only reported once the other threads are reaped.
            foreach (Tracee tracee in _tracees.Values.OrderBy(tracee => tracee.Tid == _pid))
            {
                Release(tracee);
                left |= tracee.State != TraceeState.Gone;
            }

            if (!left || Stopwatch.GetTimestamp() > deadline)
            {
                return;
            }

            Pause(polls);
        }
    }

    private static long Deadline(TimeSpan limit) => Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);

    private static void Pause(int polls)
    {
        if (polls < CaptureLimits.EagerPolls)
        {
            Thread.Yield();
        }
        else
        {
            Thread.Sleep(1);
        }
    }

    /// <summary>Whether any thread was seized that was not known before.</summary>
    private bool SeizeNew()
    {
        bool any = false;
        _failSpots.Pass(CaptureFailSpots.Threads);
        foreach (int tid in ProcFs.ListThreads(_pid))
        {
            if (tid == _spared || _tracees.ContainsKey(tid) || _refused.ContainsKey(tid) || _dead.Contains(tid))
            {
                continue;
            }

            if ((_failSpots & CaptureFailSpots.Seize) != 0)
            {
                _refused[tid] = new SyscallException("ptrace PTRACE_SEIZE", Libc.EPERM, advice: "fail spot");
            }
            else if (Libc.ptrace(Libc.PTRACE_SEIZE, tid, 0, 0) == 0)
            {
                // Fails only if the thread is dying, which the wait will tell.
                _ = Libc.ptrace(Libc.PTRACE_INTERRUPT, tid, 0, 0);
                _tracees[tid] = new Tracee(tid);
                any = true;
            }
            else
            {
                SyscallException error = SyscallException.Last("ptrace PTRACE_SEIZE");

                // The kernel answers EPERM for a dead leader whose threads live on.
                if (error.Errno == Libc.ESRCH || IsDead(tid))
                {
                    _dead.Add(tid);
                }
                else
                {
                    _refused[tid] = error;
                }
            }
        }

        return any;
    }

    private void WaitUntil(long deadline)
    {
        for (int polls = 0; ; polls++)
        {
            bool left = false;
            foreach (Tracee tracee in _tracees.Values)
            {
                if (tracee.State == TraceeState.Stopping)
                {
                    Poll(tracee);

                    // A leader that exits is not reported while other threads of it live.
                    if (polls > CaptureLimits.EagerPolls && tracee.State == TraceeState.Stopping && tracee.Tid == _pid && IsDead(tracee.Tid))
                    {
                        _dead.Add(tracee.Tid);
                        continue;
                    }

                    left |= tracee.State == TraceeState.Stopping;
                }
            }

            if (!left || Stopwatch.GetTimestamp() > deadline)
            {
                return;
            }

            Pause(polls);
        }
    }

    private void Poll(Tracee tracee)
    {
        int value;
        int result = Libc.waitpid(tracee.Tid, &value, Libc.WNOHANG | Libc.__WALL | Libc.__WNOTHREAD);
        if (result == 0)
        {
            return;
        }

        // ECHILD: no longer ours, as after another thread's execve.
        WaitStatus status = new(value);
        if (result == tracee.Tid && status.IsStopped)
        {
            tracee.State = TraceeState.Stopped;
            tracee.Signal = status.InterceptedSignal;
        }
        else
        {
            tracee.State = TraceeState.Gone;
        }
    }

    private void Release(Tracee tracee)
    {
        if (tracee.State == TraceeState.Stopping)
        {
            Poll(tracee);
        }

        if (tracee.State == TraceeState.Stopped)
        {
            if (Libc.ptrace(Libc.PTRACE_DETACH, tracee.Tid, 0, tracee.Signal) == 0)
            {
                tracee.State = TraceeState.Gone;
            }
            else
            {
                // Killed meanwhile: reaped here, or its parent would wait for it for ever.
                tracee.State = TraceeState.Stopping;
                Poll(tracee);
            }
        }
    }

    private IEnumerable<int> WithState(TraceeState state)
        => _tracees.Values.Where(tracee => tracee.State == state && !_dead.Contains(tracee.Tid)).Select(tracee => tracee.Tid).Order();

    private bool IsDead(int tid)
    {
        try
        {
            return ProcStat.Read($"/proc/{_pid}/task/{tid}/stat").IsDead;
        }
        catch (SyscallException error) when (error.Errno is Libc.ENOENT or Libc.ESRCH)
        {
            return true;
        }
    }

    private string StateOf(int tid)
    {
        try
        {
            return $" (state {ProcStat.Read($"/proc/{_pid}/task/{tid}/stat").State})";
        }
        catch (SyscallException error)
        {
            return $" ({error.Message})";
        }
    }
}
