using System.Diagnostics;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Walk;

/// <summary>
/// Has a process's stacks found by another process, <c>crash-handler-walk</c>: it loads the runtime's own debugging library (DAC), which is native code of the dying
/// process's choice that reads broken memory. Whatever becomes of it, there is a document: its own, or one that says why not.
/// </summary>
/// <param name="executable">Path of the walk; null: beside this program.</param>
internal sealed class StackWalk(string? executable = null)
{
    private const string FileName = "crash-handler-walk";

    /// <summary>Walks a process that stands still. When that fails, a second walk does not ask the runtime: it costs the managed part only.</summary>
    /// <param name="input">What the walk is told.</param>
    /// <param name="frozen">The process; null: it was gone already.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="signs">How often <paramref name="sign"/> is called at least.</param>
    /// <param name="sign">A sign of life.</param>
    /// <param name="passed">Told of each step.</param>
    public WalkAnswer Run(WalkInput input, FrozenProcess? frozen, TimeSpan limit, TimeSpan signs, Action sign, Action<WalkStep> passed)
    {
        AnswerBuffer answer = new();
        try
        {
            long began = Stopwatch.GetTimestamp();
            passed(WalkStep.WalkBegins);
            StackSummary? summary = null;
            if (!TryAsk(input, frozen, answer, limit, null, signs, sign, passed, ref summary, out string? problem))
            {
                TimeSpan left = limit - Stopwatch.GetElapsedTime(began);
                TimeSpan second = input.Facts.HasCrashed && left < StacksLimits.SecondOfDeath ? StacksLimits.SecondOfDeath : left;
                TryAsk(input, frozen, answer, second, problem, signs, sign, passed, ref summary, out _);
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

    private bool TryAsk(
        WalkInput input, FrozenProcess? frozen, AnswerBuffer answer, TimeSpan limit, string? trouble, TimeSpan signs, Action sign, Action<WalkStep> passed,
        ref StackSummary? summary, out string? problem)
    {
        try
        {
            summary = Ask(input, frozen, answer, limit, trouble, signs, sign, passed);
            problem = null;
            return true;
        }
        catch (Exception failure) when (failure is SyscallException or InvalidDataException or CaptureException)
        {
            answer.Clear();
            problem = $"{FileName}: {failure.Message}";
            return false;
        }
    }

    private StackSummary Ask(
        WalkInput input, FrozenProcess? frozen, AnswerBuffer answer, TimeSpan limit, string? trouble, TimeSpan signs, Action sign, Action<WalkStep> passed)
    {
        if (!input.HasMemory || frozen is null)
        {
            throw new InvalidDataException("the process's memory could not be read");
        }

        if (limit <= TimeSpan.Zero)
        {
            throw new InvalidDataException("no time was left for it: other processes died at the same time");
        }

        if (!input.HasUser)
        {
            throw new InvalidDataException("whose process it is could not be read, and nothing of it is opened with more rights than its own");
        }

        using FileDescriptor memory = frozen.OpenMemory();
        using WalkProcess walk = WalkProcess.Start(executable ?? Beside(), input.Request, memory, input.Root, limit, trouble);
        passed(WalkStep.WalkRuns);
        return walk.Take(answer, limit, signs, sign) is { } problem ? throw new InvalidDataException(problem) : DocumentCheck.Check(answer.Bytes.Span, input.Facts.LeavesOutMessages);
    }

    private static string Beside() => Path.Combine(Path.GetDirectoryName(ProcFs.ReadLink("/proc/self/exe"))!, FileName);
}
