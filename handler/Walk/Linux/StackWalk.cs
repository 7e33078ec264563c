using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Walk;

/// <summary>What of it is Linux's: an executable of its own, beside this one.</summary>
internal sealed partial class StackWalk
{
    private const string Name = "crash-handler-walk";

    /// <summary>Walks a process that stands still. When that fails, a second walk does not ask the runtime: it costs the managed part only.</summary>
    /// <param name="input">What the walk is told.</param>
    /// <param name="frozen">The process; null: it was gone already.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="signs">How often <paramref name="sign"/> is called at least.</param>
    /// <param name="sign">A sign of life.</param>
    /// <param name="passed">Told of each step.</param>
    public WalkAnswer Run(WalkInput input, FrozenProcess? frozen, TimeSpan limit, TimeSpan signs, Action sign, Action<WalkStep> passed)
        => Run(input, (answer, left, trouble) => Ask(input, frozen, answer, left, trouble, signs, sign, passed), limit, StacksLimits.SecondOfDeath, passed);

    private StackSummary Ask(
        WalkInput input, FrozenProcess? frozen, AnswerBuffer answer, TimeSpan limit, string? trouble, TimeSpan signs, Action sign, Action<WalkStep> passed)
    {
        if (!input.HasMemory || frozen is null)
        {
            throw new InvalidDataException("the process's memory could not be read");
        }

        RequireTime(limit);
        if (!input.HasUser)
        {
            throw new InvalidDataException("whose process it is could not be read, and nothing of it is opened with more rights than its own");
        }

        using FileDescriptor memory = frozen.OpenMemory();
        using WalkProcess walk = WalkProcess.Start(executable ?? Beside(), input.Request, memory, input.Root, limit, trouble);
        passed(WalkStep.WalkRuns);
        return walk.Take(answer, limit, signs, sign) is { } problem ? throw new InvalidDataException(problem) : DocumentCheck.Check(answer.Bytes.Span, input.Facts.LeavesOutMessages);
    }

    private static string Beside() => Path.Combine(Path.GetDirectoryName(ProcFs.ReadLink("/proc/self/exe"))!, Name);
}
