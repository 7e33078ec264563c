using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>How far something is that takes longer than a second: one line on the terminal of standard error, which goes when it is done. Elsewhere nothing.</summary>
internal sealed class ProgressLine : IDisposable
{
    // Back to the first column, and away with what is there (ECMA-48 8.3.41).
    private const string Erase = "\r\u001b[K";

    private readonly TextWriter? _terminal;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Lock _gate = new();
    private long? _last;
    private bool _isShown;
    private bool _isOver;

    /// <summary>Begins.</summary>
    /// <param name="terminal">Where to; null: nowhere.</param>
    /// <param name="time">The clock.</param>
    public ProgressLine(TextWriter? terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
        _began = time.GetTimestamp();
    }

    /// <summary>On standard error, where that is a terminal that can erase a line.</summary>
    public static ProgressLine OfError()
        => new(Terminal.Is(Terminal.Error) && Terminal.Kind(Terminal.Error) is { Length: > 0 } and not "dumb" ? Console.Error : null, TimeProvider.System);

    /// <summary>It is this far. From any thread.</summary>
    /// <param name="text">Said when it is time; any text of a report is escaped.</param>
    public void Report(Func<string> text)
    {
        lock (_gate)
        {
            if (IsTime())
            {
                _last = _time.GetTimestamp();
                _isShown = true;
                _terminal!.Write($"{Erase}{text()}");
            }
        }
    }

    /// <summary>Makes room for a line of another kind.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_isShown)
            {
                _isShown = false;
                _terminal!.Write(Erase);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Clear();
            _isOver = true;
        }
    }

    private bool IsTime()
        => _terminal is not null && !_isOver && (_last is { } last ? _time.GetElapsedTime(last) >= CliLimits.ProgressInterval : _time.GetElapsedTime(_began) >= CliLimits.ProgressDelay);
}
