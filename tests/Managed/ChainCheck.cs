using System.Text.RegularExpressions;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Tests.Managed;

/// <summary>Compares a document with what is known of the death. Each difference is a line of text, so that one run shows all of them.</summary>
/// <param name="hasLines">Whether source lines must be there; false: there must be none.</param>
internal sealed class ChainCheck(bool hasLines = true)
{
    private const string Namespace = "CrashHandler.Victims.Stacks.";
    private const string NativeLibrary = "/libdeath.so";

    // What the runtime makes itself for a call of native code.
    private const string RuntimeStub = "ILStubClass.";

    /// <summary>Of a stack overflow: fewer than this and the test shows nothing.</summary>
    private const int LeastRepeated = 8_000;

    // Milliseconds: what a walk may take. None is done in no time.
    private const double LongestWalk = 5_000;

    // The fault may come before or after a frame is set up, and before its method counts itself.
    private const int FaultSlack = 2;

    private readonly List<string> _differences = [];

    /// <summary>What is different.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Compares everything.</summary>
    /// <param name="known">What is known.</param>
    /// <param name="document">The report's.</param>
    /// <param name="depth">How deep the victim counted its recursion; 0: there is none.</param>
    public ChainCheck Compare(KnownChain known, StackDocument document, int depth = 0)
    {
        Managed(document);
        if (document.Threads is not [{ Crashed: true } crashed, ..])
        {
            _differences.Add("the first thread is not the crashed one");
            return this;
        }

        if (known.Run is { } run)
        {
            Repeated("crashed thread", run, known.Frames, crashed, depth);
        }
        else
        {
            Frames("crashed thread", known.Frames, Own(crashed.Frames));
        }

        foreach (string kind in known.Kinds.Where(kind => !crashed.Kinds.Contains(kind)))
        {
            _differences.Add($"crashed thread: kinds are '{string.Join(' ', crashed.Kinds)}', without {kind}");
        }

        Exception("exception", known.Exception, document.Exception);
        Exception("exception of the crashed thread", known.Exception, crashed.Exception);
        Others(known.Others, document);
        Markers(document);
        return this;
    }

    /// <summary>Compares threads beside the crashed one; each of the others that the runtime knows has a stack or a reason.</summary>
    public ChainCheck Others(IReadOnlyList<KnownThread> known, StackDocument document)
    {
        ILookup<string, StackThread> byName = document.Threads.ToLookup(thread => thread.ManagedName ?? "");
        foreach (KnownThread other in known)
        {
            string what = other.Name ?? "main thread";
            StackThread[] found = other.Name is { } name ? [.. byName[name]] : [.. document.Threads.Where(thread => !thread.Crashed && IsMain(thread))];
            if (found is [StackThread thread])
            {
                Frames(what, other.Frames, Own(thread.Frames));
            }
            else
            {
                _differences.Add($"{what}: {found.Length} threads instead of one");
            }
        }

        // Whatever was not known by name: a stack, or a reason.
        foreach (StackThread silent in document.Threads.Where(thread => thread.ManagedId is not null && thread.Problem is null && !thread.Frames.Any(IsManaged)))
        {
            _differences.Add($"thread {silent.ThreadId}: the runtime knows it, and it has neither managed frames nor a reason");
        }

        return this;
    }

    /// <summary>Compares one stack.</summary>
    public ChainCheck Frames(string what, IReadOnlyList<KnownFrame> known, IReadOnlyList<StackFrame> found)
    {
        for (int i = 0; i < Math.Max(known.Count, found.Count); i++)
        {
            if (i >= known.Count)
            {
                _differences.Add($"{what}, {i}: {Text(found[i])} is one too many");
            }
            else if (i >= found.Count)
            {
                _differences.Add($"{what}, {i}: {known[i].Method} is missing");
            }
            else
            {
                Frame($"{what}, {i}", known[i], found[i]);
            }
        }

        return this;
    }

    /// <summary>Compares an exception and all its inner ones.</summary>
    public ChainCheck Exception(string what, KnownException? known, StackException? found)
    {
        if (known is null || found is null)
        {
            if (known is not null || found is not null)
            {
                _differences.Add($"{what}: {found?.Type ?? "none"} instead of {known?.Type ?? "none"}");
            }

            return this;
        }

        Equal($"{what}: type", known.Type, found.Type);
        Equal($"{what}: message", known.Message, found.Message ?? "");
        Equal($"{what}: HResult", known.HResult, found.HResult);
        Equal($"{what}: problem", null, found.Problem);
        Equal($"{what}: number of inner exceptions", known.Inner.Length, found.Inner.Count);
        Frames(what, known.Frames, Own(found.Frames));
        for (int i = 0; i < Math.Min(known.Inner.Length, found.Inner.Count); i++)
        {
            Exception($"{what}, inner {i}", known.Inner[i], found.Inner[i]);
        }

        return this;
    }

    private void Managed(StackDocument document)
    {
        Equal("source", StackSource.Walk, document.Source);
        Equal("problem", null, document.Problem);
        if (document.Runtime is not { Version.Length: > 0, GcMode.Length: > 0 })
        {
            _differences.Add($"runtime: {document.Runtime}");
        }

        if (document.Milliseconds is not (> 0 and <= LongestWalk))
        {
            _differences.Add($"the walk took {document.Milliseconds} ms");
        }
    }

    // Each of the runtime's markers is an object on the stack, so that no two are in one place.
    private void Markers(StackDocument document)
        => _differences.AddRange(
            from thread in document.Threads
            from marker in thread.Frames.Where(frame => frame.Kind == StackFrameKind.Transition).GroupBy(frame => frame.Sp)
            where marker.Count() > 1
            select $"thread {thread.ThreadId}: {Text(marker.First())} stands {marker.Count()} times");

    private void Repeated(string what, KnownRun run, KnownFrame[] outside, StackThread thread, int depth)
    {
        IReadOnlyList<StackFrame> own = Own(thread.Frames);
        int start = own.ToList().FindIndex(frame => frame.Run is not null);
        if (start < 0 || own[start].Run is not { } repetition || own.Count < start + run.Frames.Length)
        {
            _differences.Add($"{what}: nothing is folded, {own.Count} frames");
            return;
        }

        // What stands before a repetition and behind it is of it too, in turn: a stack ends where it ends.
        int length = run.Frames.Length;
        int first = Array.FindIndex(run.Frames, frame => IsMethod(frame, own[0]));
        int outer = own.Count;
        while (outer > 0 && run.Frames.Any(frame => IsMethod(frame, own[outer - 1])))
        {
            outer--;
        }

        int inside = 0;
        while (inside < own.Count && run.Frames.Any(frame => IsMethod(frame, own[inside])))
        {
            inside++;
        }

        Equal($"{what}: frames that repeat", length, repetition.Length);
        for (int i = 0; i < inside; i++)
        {
            Frame($"{what}, {i}", run.Frames[(first + i) % length], own[i], isFault: i == 0);
        }

        Equal($"{what}: at least", run.IsBeyondLimit, repetition.AtLeast);
        Equal($"{what}: thread at least", run.IsBeyondLimit, thread.AtLeast);
        int repeated = ((repetition.Times - 1) * length) + inside;
        if (repeated < LeastRepeated)
        {
            _differences.Add($"{what}: {repeated} frames repeat, and at least {LeastRepeated} were expected");
        }

        if (run.IsBeyondLimit)
        {
            // All that were read; a few of them are the runtime's.
            if (thread.FrameCount > StacksLimits.ReadFrames + byte.MaxValue || depth < StacksLimits.ReadFrames)
            {
                _differences.Add($"{what}: {thread.FrameCount} frames of {depth}");
            }

            return;
        }

        if (Math.Abs(repeated - depth) > FaultSlack)
        {
            _differences.Add($"{what}: {repeated} frames repeat, and the victim counted {depth}");
        }

        Frames($"{what}, outside", outside, [.. own.Skip(inside)]);
    }

    private void Frame(string what, KnownFrame known, StackFrame found, bool isFault = false)
    {
        if (!IsMethod(known, found))
        {
            _differences.Add($"{what}: {Text(found)} instead of {known.Method}");
            return;
        }

        if (known.IsNative)
        {
            return;
        }

        foreach (string argument in known.Arguments.Where(argument => found.Method?.Contains(argument, StringComparison.Ordinal) != true))
        {
            _differences.Add($"{what}: {found.Method} does not name {argument}");
        }

        if (found.Mvid is null || found.Token is null)
        {
            _differences.Add($"{what}: {found.Method} has MVID {found.Mvid} and token {found.Token:x}");
        }

        // Where a stack overflows, the fault is in what comes before the first line.
        if (!hasLines)
        {
            Equal($"{what}: line of {found.Method}", null, found.File is null && found.Line is null ? null : $"{found.File}:{found.Line}");
        }
        else if (!isFault)
        {
            (string file, int line) = SourceMarkers.Find(known.Marker!);
            if (found.File?.EndsWith('/' + file, StringComparison.Ordinal) != true || found.Line != line)
            {
                _differences.Add($"{what}: {found.Method} stands at {found.File ?? "no file"}:{found.Line} instead of {file}:{line}");
            }
        }
    }

    /// <summary>Whether it is that method.</summary>
    public static bool IsMethod(KnownFrame known, StackFrame found)
    {
        string name = known.IsNative ? found.Method ?? "" : MethodText.Plain(found.Method ?? "");
        string wanted = known.IsNative || known.Method.StartsWith("Program.", StringComparison.Ordinal) ? known.Method : Namespace + known.Method;
        string pattern = Regex.Escape(wanted).Replace(@"\*", "[0-9_]+", StringComparison.Ordinal);
        return known.IsNative == (found.Kind == StackFrameKind.Native) && Regex.IsMatch(name, $"^{pattern}$");
    }

    /// <summary>The victim's own frames: those of its assembly, and named ones of its library.</summary>
    public static IReadOnlyList<StackFrame> Own(IReadOnlyList<StackFrame> frames)
        => [.. frames.Where(frame => frame.Kind switch
        {
            StackFrameKind.Managed => frame.Module?.EndsWith("/" + StackVictim.Assembly, StringComparison.Ordinal) == true
                && frame.Method?.StartsWith(RuntimeStub, StringComparison.Ordinal) != true,
            StackFrameKind.Native => frame.Module?.EndsWith(NativeLibrary, StringComparison.Ordinal) == true,
            _ => false,
        })];

    private static bool IsManaged(StackFrame frame) => frame.Kind == StackFrameKind.Managed;

    private static bool IsMain(StackThread thread) => thread.Frames.Any(frame => frame.Method?.StartsWith("Program.<Main>$", StringComparison.Ordinal) == true);

    private static string Text(StackFrame frame) => frame.Method ?? $"{frame.Module}+{frame.ModuleOffset:x}";

    private void Equal<T>(string what, T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            _differences.Add($"{what}: '{found}' instead of '{expected}'");
        }
    }
}
