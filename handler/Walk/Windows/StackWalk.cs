using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Walk;

/// <summary>What of it is Windows': a verb of this executable.</summary>
internal sealed partial class StackWalk
{
    private const string Name = "crash-handler walk";

    /// <summary>Walks a process that stands still. When that fails, a second walk does not ask the runtime: it costs the managed part only.</summary>
    /// <param name="input">What the walk is told.</param>
    /// <param name="process">The process.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="signs">How often <paramref name="sign"/> is called at least.</param>
    /// <param name="sign">A sign of life.</param>
    /// <param name="passed">Told of each step.</param>
    public WalkAnswer Run(WalkInput input, TargetProcess process, TimeSpan limit, TimeSpan signs, Action sign, Action<WalkStep> passed)
        => Run(input, (answer, left, trouble) => Ask(input, process, answer, left, trouble, signs, sign, passed), limit, WindowsWalkLimits.SecondOfDeath, passed);

    private StackSummary Ask(
        WalkInput input, TargetProcess process, AnswerBuffer answer, TimeSpan limit, string? trouble, TimeSpan signs, Action sign, Action<WalkStep> passed)
    {
        RequireTime(limit);
        using WalkProcess walk = WalkProcess.Start(executable ?? Environment.ProcessPath!, input.Request, process, limit, trouble);
        passed(WalkStep.WalkRuns);
        return walk.Take(answer, limit, signs, sign) is { } problem ? throw new InvalidDataException(problem) : DocumentCheck.Check(answer.Bytes.Span, input.Facts.LeavesOutMessages);
    }
}
