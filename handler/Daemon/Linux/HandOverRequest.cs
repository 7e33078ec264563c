using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>A dying process is asked for its memory: awaited on the capture's thread, answered on the event loop's.</summary>
internal sealed class HandOverRequest(int processId)
{
    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(ProtocolLimits.HandOverLimitMilliseconds);

    private readonly TaskCompletionSource<HandedFiles> _answer = new();

    /// <summary>Who is asked: nobody else's answer is taken.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>Whether an answer is still waited for.</summary>
    public bool IsOpen => !_answer.Task.IsCompleted;

    /// <summary>Whether these files are the awaited answer; where they are not, they stay the caller's.</summary>
    public bool TryAnswer(HandedFiles files) => _answer.TrySetResult(files);

    /// <summary>There will be no answer.</summary>
    public void Fail(string why) => _answer.TrySetException(new IOException(why));

    /// <summary>Waits for the answer, which is the caller's.</summary>
    /// <param name="waits">Called when it does not come soon: what else is to be done is done meanwhile.</param>
    /// <exception cref="IOException">There is none.</exception>
    public HandedFiles Wait(Action waits)
    {
        if (Task.WaitAny([_answer.Task], DaemonLimits.HandOverSoon) < 0)
        {
            waits();
        }

        if (Task.WaitAny([_answer.Task], Limit) < 0)
        {
            // An answer that comes in this moment counts.
            Fail(NoAnswer);
        }

        return _answer.Task.GetAwaiter().GetResult();
    }

    /// <summary>What is said of a process that does not answer.</summary>
    public static string NoAnswer => $"it did not hand over its memory within {Limit.TotalSeconds} s";
}
