using CrashHandler.Launch;
using CrashHandler.Native;

namespace CrashHandler;

/// <summary>
/// A thread that waits for the handler's end and comes back to the next one. It waits in the kernel, and holds no lock meanwhile. A handler does
/// not end while it has clients, so its end is a death, or somebody's SIGTERM: after a death there is another one at once, after SIGTERM in a while.
/// </summary>
internal sealed class HandlerWatch(HandlerConnection connection)
{
    // 15 characters at most, or Linux cuts it.
    private const string ThreadName = "crash-handler";

    private volatile bool _isEnding;
    private bool _isReplaced;

    /// <summary>No new handler from now on: the process ends.</summary>
    public void End() => _isEnding = true;

    /// <summary>Starts the thread, once this process is registered. It ends with the process, and delays nothing.</summary>
    public void Start()
    {
        try
        {
            new Thread(Run, ClientLimits.WatchStackBytes) { IsBackground = true, Name = ThreadName }.Start();
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            connection.Problem = $"a handler that ends gets no successor, because no thread could be started: {refused.Message}";
        }
    }

    private void Run()
    {
        try
        {
            RestartBackoff backoff = default;
            while (!_isEnding)
            {
                int generation = connection.Generation;
                if (WaitForEnd())
                {
                    backoff = ComeBack(generation, backoff);
                }
                else if (_isReplaced && connection.IsOf(generation))
                {
                    // By the application's own Start, in a process that was attached: that one watches from now on.
                    return;
                }
            }
        }
        catch (Exception fault)
        {
            // An exception that leaves a thread would end the application.
            connection.Problem = $"the handler is not watched any more: {fault.Message}";
        }
    }

    private bool WaitForEnd()
    {
        _isReplaced = false;
        try
        {
            bool isGone = Shim.WaitForEnd();
            _isReplaced = !isGone;
            return isGone;
        }
        catch (ShimException)
        {
            // No descriptor is left to wait with. That passes; and a crash finds out by itself whether the handler lives.
            Thread.Sleep(RestartBackoff.Longest);
            return false;
        }
    }

    private RestartBackoff ComeBack(int generation, RestartBackoff backoff)
    {
        bool wasKilled = connection.WasKilled;
        while (true)
        {
            backoff = backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64), out TimeSpan delay);
            Thread.Sleep(delay);
            if (TryComeBack(generation, wasKilled))
            {
                return backoff;
            }
        }
    }

    private bool TryComeBack(int generation, bool wasKilled)
    {
        // Starting the next handler is the main process's task; it is a child's when the main process does not.
        (int looks, TimeSpan interval) = !wasKilled ? (ClientLimits.Looks, ClientLimits.LookIntervalAfterOrderlyEnd)
            : connection.IsMain ? (0, TimeSpan.Zero) : (ClientLimits.Looks, ClientLimits.LookInterval);
        for (int look = 0; look < looks && !_isEnding; look++)
        {
            if (connection.TryComeBack(generation, mayLaunch: false))
            {
                return true;
            }

            Thread.Sleep(interval);
        }

        return _isEnding || connection.TryComeBack(generation, mayLaunch: true);
    }
}
