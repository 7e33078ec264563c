using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>Frames of a stack that stand so many times in a row; a frame that does not repeat is a run of itself.</summary>
/// <param name="First">Index of its first frame.</param>
/// <param name="Length">Frames of one repetition.</param>
/// <param name="Times">Repetitions.</param>
/// <param name="AtLeast">They reach the end of what was read.</param>
internal readonly record struct FoldedRun(int First, int Length, int Times, bool AtLeast)
{
    /// <summary>Its frames as the document has them: one repetition, the first frame with the number.</summary>
    public IEnumerable<StackFrame> Of(IReadOnlyList<StackFrame> frames)
    {
        for (int i = 0; i < Length; i++)
        {
            yield return i == 0 && Times > 1 ? frames[First] with { Run = new StackRun(Length, Times, AtLeast) } : frames[First + i];
        }
    }
}
