using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// One thread waiting on many objects that are signalled (events, processes), with work posted from other threads and timers. Everything a session does happens here, so that none of its
/// state needs a lock. The system's thread pool waits (RegisterWaitForSingleObject), which has no limit of 64 objects; one that is signalled is waited for anew when its turn is over.
/// </summary>
internal sealed unsafe partial class EventLoop(TimeProvider time) : IDisposable
{
    private const uint Readable = 1;
    private const uint WT_EXECUTEINWAITTHREAD = 4, WT_EXECUTEONLYONCE = 8;

    private readonly object _lock = new();
    private readonly Dictionary<int, Waiting> _waiting = [];
    private readonly Queue<Waiting> _signalled = new();
    private readonly Queue<Action> _posted = new();
    private readonly PriorityQueue<Timer, long> _timers = new();
    private bool _stopped;
    private bool _isDisposed;

    /// <summary>Something to be done later, unless it is cancelled.</summary>
    public sealed class Timer(Action action)
    {
        // Not what it would have done: it stays in the queue until it is due.
        private Action? _action = action;

        public bool IsCancelled => _action is null;

        public void Cancel() => _action = null;

        internal void Fire() => _action?.Invoke();
    }

    private sealed class Waiting(EventLoop loop, int number, Action<uint> handler)
    {
        public EventLoop Loop { get; } = loop;

        public int Number { get; } = number;

        public Action<uint> Handler { get; } = handler;

        /// <summary>The system's wait; 0: there is none now.</summary>
        public nint Wait { get; set; }

        /// <summary>By which the system's wait knows this; not allocated where there is none.</summary>
        public GCHandle Self { get; set; }

        public bool IsRemoved { get; set; }
    }

    /// <summary>Calls <paramref name="handler"/> whenever the object is signalled, again and again as long as it is.</summary>
    /// <param name="number">Its handle.</param>
    /// <param name="handler">What is called.</param>
    /// <param name="events">0: only that it is hung up, which no object tells here.</param>
    /// <exception cref="SyscallException">EPERM: it is nothing to wait for; or the system has no room for it.</exception>
    public void Add(int number, Action<uint> handler, uint events = Readable)
    {
        if (events == 0)
        {
            throw new SyscallException("RegisterWaitForSingleObject", Libc.EPERM, $"handle {number}");
        }

        Waiting waiting = new(this, number, handler);
        Wait(waiting);
        _waiting[number] = waiting;
    }

    /// <summary>Forgets an object, to be called before it is closed: nobody waits for it any more afterwards, and it is not called for, whatever was signalled before.</summary>
    public void Remove(int number)
    {
        if (_waiting.Remove(number, out Waiting? waiting))
        {
            waiting.IsRemoved = true;
            EndWait(waiting);
        }
    }

    /// <summary>Runs <paramref name="action"/> on the loop's thread after <paramref name="delay"/>.</summary>
    public Timer After(TimeSpan delay, Action action)
    {
        Timer timer = new(action);
        _timers.Enqueue(timer, time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency));
        return timer;
    }

    /// <summary>Runs <paramref name="action"/> on the loop's thread soon; never, if the loop is disposed of. From any thread.</summary>
    public void Post(Action action)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _posted.Enqueue(action);
                Monitor.Pulse(_lock);
            }
        }
    }

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    /// <exception cref="SyscallException">The system has no room to wait any more.</exception>
    public void Run()
    {
        while (!_stopped)
        {
            AwaitWork(out int signalled, out int posted);
            // What comes meanwhile has the next turn.
            for (; signalled > 0 && !_stopped; signalled--)
            {
                Call(Dequeue(_signalled));
            }

            for (; posted > 0; posted--)
            {
                Dequeue(_posted)();
            }

            FireTimers();
        }
    }

    /// <summary>Makes <see cref="Run"/> return. On the loop's thread.</summary>
    public void Stop() => _stopped = true;

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        foreach (int number in (int[])[.. _waiting.Keys])
        {
            Remove(number);
        }
    }

    private void AwaitWork(out int signalled, out int posted)
    {
        int milliseconds = MillisecondsToNextTimer();
        lock (_lock)
        {
            if (_signalled.Count == 0 && _posted.Count == 0 && milliseconds != 0)
            {
                Monitor.Wait(_lock, milliseconds);
            }

            signalled = _signalled.Count;
            posted = _posted.Count;
        }
    }

    private T Dequeue<T>(Queue<T> queue)
    {
        lock (_lock)
        {
            return queue.Dequeue();
        }
    }

    private void Call(Waiting waiting)
    {
        if (waiting.IsRemoved)
        {
            return;
        }

        EndWait(waiting);
        waiting.Handler(Readable);
        if (waiting.IsRemoved)
        {
            return;
        }

        if (PipeCalls.WaitForSingleObject(waiting.Number, 0) == PipeCalls.WAIT_OBJECT_0)
        {
            Signal(waiting);
        }
        else
        {
            Wait(waiting);
        }
    }

    private void Signal(Waiting waiting)
    {
        lock (_lock)
        {
            _signalled.Enqueue(waiting);
            Monitor.Pulse(_lock);
        }
    }

    private static void Wait(Waiting waiting)
    {
        waiting.Self = GCHandle.Alloc(waiting);
        nint wait;
        if (RegisterWaitForSingleObject(&wait, waiting.Number, &OnSignalled, GCHandle.ToIntPtr(waiting.Self), PipeCalls.INFINITE, WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD) == 0)
        {
            SyscallException failure = PipeCalls.LastFailure("RegisterWaitForSingleObject", $"handle {waiting.Number}");
            waiting.Self.Free();
            throw failure;
        }

        waiting.Wait = wait;
    }

    // Waits for its callback, which takes no longer than the lock is held. Only then is the object nobody's.
    private static void EndWait(Waiting waiting)
    {
        if (waiting.Wait != 0)
        {
            _ = UnregisterWaitEx(waiting.Wait, PipeCalls.InvalidHandle);
            waiting.Wait = 0;
            waiting.Self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvStdcall)])]
    private static void OnSignalled(nint self, byte isTimeout)
    {
        Waiting waiting = (Waiting)GCHandle.FromIntPtr(self).Target!;
        waiting.Loop.Signal(waiting);
    }

    private int MillisecondsToNextTimer()
    {
        while (_timers.TryPeek(out Timer? timer, out long due))
        {
            if (timer.IsCancelled)
            {
                _timers.Dequeue();
                continue;
            }

            double seconds = (due - time.GetTimestamp()) / (double)time.TimestampFrequency;
            return (int)Math.Clamp(Math.Ceiling(seconds * 1000), 0, int.MaxValue);
        }

        return Timeout.Infinite;
    }

    private void FireTimers()
    {
        long now = time.GetTimestamp();
        while (!_stopped && _timers.TryPeek(out Timer? timer, out long due) && (timer.IsCancelled || due <= now))
        {
            _timers.Dequeue();
            timer.Fire();
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int RegisterWaitForSingleObject(nint* wait, nint handle, delegate* unmanaged[Stdcall]<nint, byte, void> callback, nint context, uint milliseconds, uint flags);

    [LibraryImport("kernel32", SetLastError = true)] private static partial int UnregisterWaitEx(nint wait, nint completion);
}
