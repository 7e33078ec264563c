using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// One thread waiting on many descriptors (epoll(7)), with work posted from other threads and timers. Everything a session does
/// happens here, so that none of its state needs a lock.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int EventsAtOnce = 64;

    private readonly FileDescriptor _epoll;
    private readonly FileDescriptor _wakeup;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, Action<uint>> _handlers = [];
    private readonly PriorityQueue<Timer, long> _timers = new();
    private readonly Queue<Action> _posted = new();
    private bool _stopped;
    private bool _isDisposed;

    public EventLoop(TimeProvider time)
    {
        _time = time;
        _epoll = Own(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "epoll_create1");
        _wakeup = Own(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "eventfd");
        Add(_wakeup.Number, _ => DrainPosted());
    }

    /// <summary>Something to be done later, unless it is cancelled.</summary>
    public sealed class Timer(Action action)
    {
        // Not what it would have done: it stays in the queue until it is due.
        private Action? _action = action;

        public bool IsCancelled => _action is null;

        public void Cancel() => _action = null;

        internal void Fire() => _action?.Invoke();
    }

    /// <summary>Calls <paramref name="handler"/> with the epoll events whenever the descriptor is readable or hung up.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="handler">What is called.</param>
    /// <param name="events">What is waited for; 0: only that it is hung up.</param>
    /// <exception cref="SyscallException">epoll_ctl failed.</exception>
    public void Add(int fd, Action<uint> handler, uint events = Libc.EPOLLIN)
    {
        Libc.EpollEvent wanted = new() { Events = events, Data = (ulong)fd };
        if (Libc.epoll_ctl(_epoll.Number, Libc.EPOLL_CTL_ADD, fd, &wanted) != 0)
        {
            throw SyscallException.Last("epoll_ctl", $"fd {fd}");
        }

        _handlers[fd] = handler;
    }

    /// <summary>Forgets a descriptor; to be called before it is closed.</summary>
    public void Remove(int fd)
    {
        if (_handlers.Remove(fd))
        {
            // A failure would mean that the kernel has forgotten it already.
            _ = Libc.epoll_ctl(_epoll.Number, Libc.EPOLL_CTL_DEL, fd, null);
        }
    }

    /// <summary>Runs <paramref name="action"/> on the loop's thread after <paramref name="delay"/>.</summary>
    public Timer After(TimeSpan delay, Action action)
    {
        Timer timer = new(action);
        _timers.Enqueue(timer, _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency));
        return timer;
    }

    /// <summary>Runs <paramref name="action"/> on the loop's thread soon; never, if the loop is disposed of. From any thread.</summary>
    public void Post(Action action)
    {
        lock (_posted)
        {
            // A capture may outlive the loop, and the descriptor's number be another file's by then.
            if (_isDisposed)
            {
                return;
            }

            _posted.Enqueue(action);
            ulong one = 1;
            // EAGAIN means that the counter is full of wake-ups already.
            _ = Libc.write(_wakeup.Number, (byte*)&one, sizeof(ulong));
        }
    }

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    /// <exception cref="SyscallException">epoll_wait failed.</exception>
    public void Run()
    {
        Libc.EpollEvent* events = stackalloc Libc.EpollEvent[EventsAtOnce];
        while (!_stopped)
        {
            int count = Libc.epoll_wait(_epoll.Number, events, EventsAtOnce, MillisecondsToNextTimer());
            if (count < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw SyscallException.Last("epoll_wait");
            }

            for (int i = 0; i < count && !_stopped; i++)
            {
                // An earlier event of this batch may have removed it.
                if (_handlers.TryGetValue((int)events[i].Data, out Action<uint>? handler))
                {
                    handler(events[i].Events);
                }
            }

            FireTimers();
        }
    }

    /// <summary>Makes <see cref="Run"/> return. On the loop's thread.</summary>
    public void Stop() => _stopped = true;

    public void Dispose()
    {
        lock (_posted)
        {
            _isDisposed = true;
            _wakeup.Dispose();
        }

        _epoll.Dispose();
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

            double seconds = (due - _time.GetTimestamp()) / (double)_time.TimestampFrequency;
            return (int)Math.Clamp(Math.Ceiling(seconds * 1000), 0, int.MaxValue);
        }

        return -1;
    }

    private void FireTimers()
    {
        long now = _time.GetTimestamp();
        while (!_stopped && _timers.TryPeek(out Timer? timer, out long due) && (timer.IsCancelled || due <= now))
        {
            _timers.Dequeue();
            timer.Fire();
        }
    }

    private void DrainPosted()
    {
        ulong count;
        _ = Libc.read(_wakeup.Number, (byte*)&count, sizeof(ulong));
        int waiting;
        lock (_posted)
        {
            waiting = _posted.Count;
        }

        // What is posted meanwhile has its own wake-up: descriptors and timers come in between.
        for (; waiting > 0; waiting--)
        {
            Action action;
            lock (_posted)
            {
                action = _posted.Dequeue();
            }

            action();
        }
    }

    private static FileDescriptor Own(int fd, string syscall)
        => fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last(syscall);
}
