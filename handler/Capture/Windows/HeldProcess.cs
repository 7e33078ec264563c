using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// A process that is held still: all its threads, suspended once, so that whatever is read of it is of one instant. It is let go by whoever disposes of this, by <see cref="LetAllGo"/>, or, when this process
/// is killed or stopped, by its guard.
/// </summary>
internal sealed class HeldProcess : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly List<HeldProcess> s_held = [];
    private static bool s_isOver;

    private readonly int _processId;
    private readonly TimeProvider _time;
    private readonly FileDescriptor _process;
    private readonly HoldGuard? _guard;
    private string? _problem;
    private long _began;

    private HeldProcess(int processId, FileDescriptor process, SuspensionCount suspensions, TimeProvider time)
    {
        _processId = processId;
        _process = process;
        _time = time;
        Suspensions = suspensions;
        try
        {
            _guard = HoldGuard.Start(process, suspensions);
        }
        catch (SyscallException refused)
        {
            _problem = refused.Message;
        }
    }

    /// <summary>How often it is suspended on this process's behalf: <see cref="SystemDump"/> adds its own.</summary>
    public SuspensionCount Suspensions { get; }

    /// <summary>How long it was, or is, held.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Has a guard come. The process goes on meanwhile.</summary>
    /// <exception cref="CaptureException">The process cannot be held at all.</exception>
    public static HeldProcess Prepare(TargetProcess process, TimeProvider time)
    {
        FileDescriptor? own = null;
        try
        {
            own = InheritableHandles.Process(process.Handle, PipeCalls.PROCESS_SUSPEND_RESUME | PipeCalls.PROCESS_QUERY_LIMITED_INFORMATION | PipeCalls.SYNCHRONIZE);
            return new HeldProcess(process.ProcessId, own, SuspensionCount.Create(), time);
        }
        catch (SyscallException failure)
        {
            own?.Dispose();
            throw new CaptureException(CaptureStep.Stop, process.ProcessId, failure.Message, failure);
        }
    }

    /// <summary>Waits for the guard.</summary>
    /// <returns>Null: it stands by. Else why not, in words: a kill of this process would leave the other one suspended.</returns>
    public string? AwaitGuard() => _problem ??= _guard?.AwaitStanding();

    /// <summary>Holds it.</summary>
    /// <exception cref="CaptureException">It does not let itself be suspended.</exception>
    /// <exception cref="OperationCanceledException">This process ends.</exception>
    public void Hold()
    {
        lock (s_lock)
        {
            if (s_isOver)
            {
                throw new OperationCanceledException("crash-handler was asked to end");
            }

            Suspensions.Add();
            int status = ProcessFacts.Suspend(_process);
            if (status < 0)
            {
                _ = Suspensions.TryTake();
                throw new CaptureException(CaptureStep.Stop, _processId, $"NtSuspendProcess: 0x{status:X8}; it ends, or a security program denies it");
            }

            s_held.Add(this);
            _began = _time.GetTimestamp();
        }
    }

    /// <summary>Lets it go, if it is held.</summary>
    public void LetGo()
    {
        lock (s_lock)
        {
            if (s_held.Remove(this))
            {
                Suspensions.ResumeAll(_process);
                Time = _time.GetElapsedTime(_began);
            }
        }
    }

    /// <summary>Lets every one go, and holds none any more: this process is about to end. From any thread.</summary>
    public static void LetAllGo()
    {
        lock (s_lock)
        {
            s_isOver = true;
            foreach (HeldProcess held in s_held)
            {
                held.Suspensions.ResumeAll(held._process);
            }
        }
    }

    public void Dispose()
    {
        LetGo();
        _guard?.Dispose();
        Suspensions.Dispose();
        _process.Dispose();
    }
}
