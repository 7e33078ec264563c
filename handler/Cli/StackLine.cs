using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli;

/// <summary>One line of a stack as people are shown it: a frame, or the place where some are left out.</summary>
/// <param name="Number">The frame's number on the stack before folding, from 0.</param>
/// <param name="Frame">The frame; null: here are <paramref name="LeftOut"/> left out.</param>
/// <param name="Repeats">The repetition that ends with this line; null: none does.</param>
/// <param name="LeftOut">Frames that are left out here.</param>
internal sealed record StackLine(int Number, StackFrame? Frame, StackRun? Repeats, int LeftOut)
{
    /// <summary>Lines of frames, innermost first.</summary>
    public static IReadOnlyList<StackLine> Of(IReadOnlyList<StackFrame> frames, int? leftOutAt = null, int leftOut = 0)
    {
        List<StackLine> lines = [];
        int number = 0;
        for (int i = 0; i < frames.Count;)
        {
            LeaveOut(i);
            StackRun? run = frames[i].Run;
            int length = Math.Clamp(run?.Length ?? 1, 1, frames.Count - i);
            for (int k = 0; k < length; k++)
            {
                lines.Add(new StackLine(number + k, frames[i + k], run is not null && k == length - 1 ? run with { Length = length } : null, 0));
            }

            i += length;
            number = Add(number, (long)length * Math.Max(run?.Times ?? 1, 1));
        }

        LeaveOut(frames.Count);
        return lines;

        void LeaveOut(int at)
        {
            if (leftOut > 0 && leftOutAt == at)
            {
                lines.Add(new StackLine(number, null, null, leftOut));
                number = Add(number, leftOut);
            }
        }
    }

    /// <summary>Lines of a thread's stack.</summary>
    public static IReadOnlyList<StackLine> Of(StackThread thread) => Of(thread.Frames, thread.LeftOutAt, thread.LeftOut);

    // The numbers are a stranger's.
    private static int Add(int number, long count) => (int)Math.Clamp(number + count, 0, int.MaxValue / 2);
}
