using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>A test's hook, behind the hidden option <c>--fail-at</c>: at one step of a crash this process kills or stops itself, once.</summary>
internal sealed class FailSpot
{
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
    private const string Kill = "kill";
    private const string Stop = "stop";

    private readonly string _step;
    private readonly int _signal;
    private int _isOver;

    private FailSpot(string step, int signal)
    {
        _step = step;
        _signal = signal;
    }

    /// <summary>Reads <c>kill:STEP</c> or <c>stop:STEP</c>, STEP a name of <see cref="CrashStep"/>, <c>CaptureStep</c>, <c>FilingStep</c> or <c>DeletionStep</c>; null: it is neither.</summary>
    public static FailSpot? Parse(string text) => text.Split(':') switch
    {
        [Kill, { Length: > 0 } step] => new FailSpot(step, SIGKILL),
        [Stop, { Length: > 0 } step] => new FailSpot(step, SIGSTOP),
        _ => null,
    };

    /// <summary>A step is reached. From any thread.</summary>
    public void Pass<T>(T step)
        where T : struct, Enum
    {
        if (step.ToString() == _step && Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            // To this thread: with the process's other ones stopped first, it would go on for a while.
            _ = Libc.raise(_signal);
        }
    }
}
