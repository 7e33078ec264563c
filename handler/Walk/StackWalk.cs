using System.Diagnostics;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Walk;

/// <summary>
/// Has a process's stacks found by another process, the walk: it loads the runtime's own debugging library (DAC), which is native code of the dying
/// process's choice that reads broken memory. Whatever becomes of it, there is a document: its own, or one that says why not. How it is started, each system's part knows.
/// </summary>
/// <param name="executable">Path of the walk; null: the one that belongs to this program.</param>
internal sealed partial class StackWalk(string? executable = null)
{
    private delegate StackSummary Asking(AnswerBuffer answer, TimeSpan limit, string? trouble);

    /// <summary>The document where no walk makes one: what the process said of its exception, and why there is no more.</summary>
    /// <param name="thread">The thread that crashed, or asked.</param>
    /// <param name="facts">What the process said.</param>
    /// <param name="problem">Why there is no walk's.</param>
    internal static WalkAnswer Without(StackThread thread, WalkFacts facts, string problem)
    {
        StackDocument document = new()
        {
            Source = facts.ExceptionType is null ? StackSource.None : StackSource.Client,
            Problem = problem,
            Exception = facts.ExceptionType is { } type ? new StackException { Type = type, Message = facts.LeavesOutMessages ? null : facts.ExceptionMessage } : null,
            Threads = [thread with { Problem = problem }],
        };
        return new WalkAnswer(StackDocumentJson.Encode(document), StackSummary.Of(document), memory: null);
    }

    /// <summary>Asks. When that fails, a second walk does not ask the runtime: it costs the managed part only.</summary>
    private static WalkAnswer Run(WalkInput input, Asking ask, TimeSpan limit, TimeSpan secondOfDeath, Action<WalkStep> passed)
    {
        AnswerBuffer answer = new();
        try
        {
            long began = Stopwatch.GetTimestamp();
            passed(WalkStep.WalkBegins);
            StackSummary? summary = null;
            if (!TryAsk(ask, answer, limit, null, ref summary, out string? problem))
            {
                TimeSpan left = limit - Stopwatch.GetElapsedTime(began);
                TimeSpan second = input.Facts.HasCrashed && left < secondOfDeath ? secondOfDeath : left;
                TryAsk(ask, answer, second, problem, ref summary, out _);
            }

            passed(WalkStep.WalkEnded);
            if (summary is not null)
            {
                return new WalkAnswer(answer.Bytes, summary, answer);
            }

            answer.Dispose();
            return Without(input.FirstThread, input.Facts, problem!);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private static bool TryAsk(Asking ask, AnswerBuffer answer, TimeSpan limit, string? trouble, ref StackSummary? summary, out string? problem)
    {
        try
        {
            summary = ask(answer, limit, trouble);
            problem = null;
            return true;
        }
        catch (Exception failure) when (failure is SyscallException or InvalidDataException or CaptureException)
        {
            answer.Clear();
            problem = $"{Name}: {failure.Message}";
            return false;
        }
    }

    private static void RequireTime(TimeSpan limit)
    {
        if (limit <= TimeSpan.Zero)
        {
            throw new InvalidDataException("no time was left for it: other processes died at the same time");
        }
    }
}
