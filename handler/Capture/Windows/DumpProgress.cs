namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// Time and signs of life of a dump that dbghelp writes, which says nothing for seconds: while the time lasts, a sign is given in its stead. Then there is none, and whoever waits for
/// signs ends this process.
/// </summary>
internal sealed class DumpProgress : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Action _sign;
    private readonly ITimer _timer;

    /// <param name="sign">Called from any thread.</param>
    /// <param name="time">The clock.</param>
    public DumpProgress(Action sign, TimeProvider time)
    {
        _time = time;
        _began = time.GetTimestamp();
        _sign = sign;
        _timer = time.CreateTimer(_ => Sign(), null, WindowsDumpLimits.Sign, WindowsDumpLimits.Sign);
    }

    /// <summary>Whether its time is over.</summary>
    public bool IsOver => _time.GetElapsedTime(_began) > WindowsDumpLimits.Writing;

    /// <summary>A sign of life, unless its time is over.</summary>
    public void Sign()
    {
        if (!IsOver)
        {
            _sign();
        }
    }

    public void Dispose() => _timer.Dispose();
}
