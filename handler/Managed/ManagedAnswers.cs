using System.Collections.Concurrent;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// What the runtime says of the threads, in their order, while it is asked on a thread of its own: the one that puts the stacks together does not wait longer
/// than there is time, whatever the debugging library does.
/// </summary>
internal sealed class ManagedAnswers
{
    private const string TooLate = "there was no time left to ask the runtime";

    private readonly WalkRequest _request;
    private readonly WalkClock _clock;
    private readonly IProcessMemory _memory;
    private readonly TaskCompletionSource<StackRuntime> _opened = new();
    private readonly BlockingCollection<ManagedThread> _threads = [];
    private volatile string? _failure;

    private ManagedAnswers(WalkRequest request, IProcessMemory memory, WalkClock clock)
    {
        _request = request;
        _memory = memory;
        _clock = clock;
    }

    /// <summary>Begins to ask.</summary>
    public static ManagedAnswers Begin(WalkRequest request, IProcessMemory memory, WalkClock clock)
    {
        ManagedAnswers answers = new(request, memory, clock);
        new Thread(answers.Ask, StacksLimits.WalkStackBytes) { IsBackground = true, Name = "managed walk" }.Start();
        return answers;
    }

    /// <summary>Waits until the runtime's data is open.</summary>
    /// <exception cref="NoManagedPartException">It cannot be had, or not in time.</exception>
    public StackRuntime WaitForRuntime()
        => ((IAsyncResult)_opened.Task).AsyncWaitHandle.WaitOne(_clock.LeftToAsk) ? _opened.Task.GetAwaiter().GetResult()
            : throw new NoManagedPartException($"the runtime's debugging library ({DacFile.Name}) was not ready within {_clock.Elapsed.TotalMilliseconds:0} ms");

    /// <summary>Waits for the next thread's answer.</summary>
    public ManagedThread Next()
        => _threads.TryTake(out ManagedThread? thread, _clock.LeftToAsk) ? thread : new ManagedThread { Problem = _failure ?? TooLate };

    private void Ask()
    {
        try
        {
            ManagedWalk walk = ManagedWalk.Open(_request, _memory);
            _opened.SetResult(walk.Runtime);
            foreach (WalkThread thread in _request.Threads)
            {
                if (_clock.LeftToAsk == TimeSpan.Zero)
                {
                    break;
                }

                _threads.Add(walk.Read(thread));
            }
        }
        catch (Exception error)
        {
            // Of a thread that reads a broken process, nothing may end this one.
            _failure = $"the walk failed: {error.Message}";
            _opened.TrySetException(error as NoManagedPartException ?? new NoManagedPartException(_failure, error));
        }
        finally
        {
            _threads.CompleteAdding();
        }
    }
}
