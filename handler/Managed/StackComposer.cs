using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;

namespace CrashHandler.Handler.Managed;

/// <summary>Puts the threads of the document together: native and managed frames merged, folded, with their lines, within the size of a document.</summary>
internal sealed class StackComposer(WalkRequest request, NativeUnwinder unwinder, SourceLines lines, WalkClock clock)
{
    private int _bytes;
    private int _cutThreads;

    /// <summary>What was cut; null: nothing.</summary>
    public string? Cut => _cutThreads == 0 ? null : $"frames of {_cutThreads} threads are left out: the document has reached {StacksLimits.DocumentBytes >> 20} MiB";

    /// <summary>A thread of the document.</summary>
    /// <param name="thread">What the handler knows of it.</param>
    /// <param name="managed">What the runtime says of it.</param>
    /// <param name="isFirst">It is the one that crashed, or asked: never cut.</param>
    public StackThread Compose(WalkThread thread, ManagedThread managed, bool isFirst)
    {
        List<StackFrame> frames = [];
        string? problem = managed.Problem;
        if (isFirst || !clock.IsOver)
        {
            try
            {
                frames = StackMerger.Merge(thread, managed.Frames, unwinder);
            }
            catch (Exception error)
            {
                // Native frames are a broken process's, too; the managed ones are there all the same.
                frames = [.. managed.Frames.Select(frame => frame.Frame)];
                problem = Join(problem, $"its native frames cannot be read: {error.Message}");
            }
        }
        else
        {
            problem = Join(problem, "there was no time left to put its frames together");
        }

        StackThread folded = StackFolding.Fold(
            new StackThread
            {
                ThreadId = thread.ThreadId,
                Name = thread.Name,
                Crashed = isFirst && request.HasCrashed,
                ManagedId = managed.ManagedId,
                ManagedName = managed.Name,
                Kinds = managed.Kinds,
                Problem = problem,
                Exception = managed.Exception is { } exception ? WithLines(exception) : null,
            },
            frames,
            managed.AtLeast || frames.Count >= StacksLimits.ReadFrames);
        return Fit(folded with { Frames = [.. folded.Frames.Select(WithLine)] }, isFirst);
    }

    private static string Join(string? first, string second) => first is null ? second : $"{first}; {second}";

    private StackThread Fit(StackThread thread, bool isFirst)
    {
        int bytes = SizeOf(thread.Frames) + SizeOf(thread.Exception);
        if (isFirst || _bytes + bytes <= StacksLimits.DocumentBytes)
        {
            _bytes += bytes;
            return thread;
        }

        _cutThreads++;
        return thread with
        {
            Frames = [],
            Exception = null,
            LeftOut = thread.FrameCount,
            LeftOutAt = 0,
            Problem = Join(thread.Problem, "its frames are left out: the document is full"),
        };
    }

    private static int SizeOf(IReadOnlyList<StackFrame> frames)
    {
        int bytes = 0;
        foreach (StackFrame frame in frames)
        {
            bytes += StacksLimits.FrameJsonBytes + SizeOf(frame.Method) + SizeOf(frame.Module) + SizeOf(frame.File);
        }

        return bytes;
    }

    private static int SizeOf(StackException? exception)
        => exception is null ? 0 : StacksLimits.FrameJsonBytes + SizeOf(exception.Type) + SizeOf(exception.Message) + SizeOf(exception.Frames) + exception.Inner.Sum(SizeOf);

    private static int SizeOf(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private StackException WithLines(StackException exception) => exception with
    {
        Frames = [.. exception.Frames.Select(WithLine)],
        Inner = [.. exception.Inner.Select(WithLines)],
    };

    private StackFrame WithLine(StackFrame frame)
        => frame is { Kind: StackFrameKind.Managed, Module: { } module, Mvid: { } mvid, Token: { } token, IlOffset: { } offset } && !clock.IsOver && lines.Find(module, mvid, token, offset) is { } line
            ? frame with { File = line.File, Line = line.Line }
            : frame;
}
