namespace CrashHandler.Handler.Daemon;

/// <summary>The last few things that failed in this run. From any thread.</summary>
internal sealed class RecentErrors(TimeProvider time)
{
    private readonly object _lock = new();
    private readonly RecentError?[] _ring = new RecentError?[DaemonLimits.RecentErrors];
    private int _next;

    /// <summary>Adds one; the oldest goes.</summary>
    public void Add(ErrorKind kind, string message)
    {
        RecentError error = new(time.GetUtcNow(), kind, message.Length <= DaemonLimits.ErrorLength ? message : string.Concat(message.AsSpan(0, DaemonLimits.ErrorLength), "…"));
        lock (_lock)
        {
            _ring[_next] = error;
            _next = (_next + 1) % _ring.Length;
        }
    }

    /// <summary>Those that are kept, newest first.</summary>
    public IReadOnlyList<RecentError> List()
    {
        List<RecentError> errors = new(DaemonLimits.RecentErrors);
        lock (_lock)
        {
            for (int i = 1; i <= _ring.Length; i++)
            {
                if (_ring[(_next - i + _ring.Length) % _ring.Length] is { } error)
                {
                    errors.Add(error);
                }
            }
        }

        return errors;
    }
}
