using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>Makes a deep stack short: repetitions stand once, with their number, and of what is left the ends are kept.</summary>
internal static class StackFolding
{
    /// <summary>Folds a thread's frames into it.</summary>
    /// <param name="thread">The thread; what it had of frames before is replaced.</param>
    /// <param name="frames">All that were read, innermost first.</param>
    /// <param name="atLeast">The stack goes on beyond them.</param>
    public static StackThread Fold(StackThread thread, IReadOnlyList<StackFrame> frames, bool atLeast)
    {
        List<FoldedRun> runs = FindRuns(Identify(frames), atLeast);
        int kept = runs.Sum(run => run.Length);
        thread = thread with { FrameCount = frames.Count, AtLeast = atLeast, LeftOut = 0, LeftOutAt = null };
        if (kept <= StacksLimits.KeptFrames)
        {
            return thread with { Frames = [.. runs.SelectMany(run => run.Of(frames))] };
        }

        // What was read last of a stack that goes on is not its outer end: nothing is to be seen there.
        int outerRoom = atLeast ? 0 : StacksLimits.OuterFrames;
        int inner = Fit(runs, StacksLimits.KeptFrames - outerRoom);
        runs.Reverse();
        int outer = Fit(runs, outerRoom);
        runs.Reverse();
        IEnumerable<FoldedRun> leftOut = runs.Skip(inner).SkipLast(outer);
        return thread with
        {
            Frames = [.. runs.Take(inner).Concat(runs.TakeLast(outer)).SelectMany(run => run.Of(frames))],
            LeftOut = leftOut.Sum(run => run.Length * run.Times),
            LeftOutAt = runs.Take(inner).Sum(run => run.Length),
        };
    }

    /// <summary>How many of the first runs have room: none is cut apart.</summary>
    private static int Fit(List<FoldedRun> runs, int room)
    {
        int count = 0;
        foreach (FoldedRun run in runs)
        {
            room -= run.Length;
            if (room < 0)
            {
                break;
            }

            count++;
        }

        return count;
    }

    /// <summary>
    /// Greedy, from the innermost frame on: of all periods the one that covers most, of equals the shortest. A period's comparison ends with what it covers, and what
    /// the best one covers is passed over, so each frame is looked at a bounded number of times.
    /// </summary>
    private static List<FoldedRun> FindRuns(ReadOnlySpan<int> ids, bool atLeast)
    {
        List<FoldedRun> runs = [];
        for (int first = 0; first < ids.Length;)
        {
            FoldedRun best = new(first, 1, 1, AtLeast: false);
            for (int length = 1; length <= StacksLimits.LongestRun && first + (length * StacksLimits.LeastRepetitions) <= ids.Length; length++)
            {
                int end = first + length;
                while (end < ids.Length && ids[end] == ids[end - length])
                {
                    end++;
                }

                int times = (end - first) / length;
                if (times >= StacksLimits.LeastRepetitions && times * length > best.Times * best.Length)
                {
                    best = new FoldedRun(first, length, times, atLeast && end == ids.Length);
                }
            }

            runs.Add(best);
            first += best.Length * best.Times;
        }

        return runs;
    }

    /// <summary>The same number for frames of the same method. Where a name is missing the place stands for it: not all of a library is one function.</summary>
    private static int[] Identify(IReadOnlyList<StackFrame> frames)
    {
        Dictionary<(StackFrameKind Kind, string? Method, string? Module, uint? Token, ulong Place), int> known = [];
        int[] ids = new int[frames.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            StackFrame frame = frames[i];
            ulong place = frame.Method is null ? frame.ModuleOffset ?? frame.Ip : 0;
            (StackFrameKind, string?, string?, uint?, ulong) key = (frame.Kind, frame.Method, frame.Module, frame.Token, place);
            if (!known.TryGetValue(key, out ids[i]))
            {
                known.Add(key, ids[i] = known.Count);
            }
        }

        return ids;
    }
}
