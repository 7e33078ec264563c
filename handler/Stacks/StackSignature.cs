using System.Text;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>The key by which reports of the same bug are grouped; its rules are in <c>handler/Stacks/README.md</c>, "Signature".</summary>
internal static class StackSignature
{
    private const string Separator = " | ";
    private const string Overflow = "stack overflow";
    private const string OverflowException = "System.StackOverflowException";
    private const string Cut = "…";

    /// <summary>Exceptions that say only that another one came through: that one is meant.</summary>
    private static readonly HashSet<string> s_wrappers = ["System.AggregateException", "System.Reflection.TargetInvocationException", "System.TypeInitializationException"];

    private static readonly Comparer<List<string>> s_lexicographic = Comparer<List<string>>.Create((left, right)
        => left.Zip(right, string.CompareOrdinal).FirstOrDefault(order => order != 0));

    /// <summary>The signature of a document; null: nothing meaningful is known.</summary>
    public static string? Of(StackDocument document)
    {
        StackThread? thread = document.Threads.FirstOrDefault(thread => thread.Crashed) ?? document.Threads.FirstOrDefault();
        IReadOnlyList<StackFrame> frames = thread?.Frames ?? [];
        List<string> parts = [];
        if (document.Exception is { } exception && exception.Type != OverflowException)
        {
            StackException meant = Meant(exception);
            // A type whose name could not be read has a number in place of it, which is none.
            parts.AddRange(ManagedName.Of(meant.Type) is { Length: > 0 } type ? [Shorten(type)] : []);
            // Its own stack: when the runtime knew that nobody would catch it, unwinding may have begun. One that says nothing was cut off.
            parts.AddRange(FirstOf(meant.Frames, exception.Frames, frames));
        }
        else if (Repetition(frames, isOverflow: document.Exception is not null) is { } cycle)
        {
            parts.Add(Overflow);
            parts.AddRange(cycle);
        }
        else
        {
            parts.AddRange(Name(frames));
        }

        return parts.Count == 0 ? null : string.Join(Separator, parts);
    }

    private static List<string> FirstOf(params ReadOnlySpan<IReadOnlyList<StackFrame>> stacks)
    {
        foreach (IReadOnlyList<StackFrame> stack in stacks)
        {
            if (Name(stack) is { Count: > 0 } named)
            {
                return named;
            }
        }

        return [];
    }

    private static StackException Meant(StackException exception)
    {
        for (int depth = 0; depth < StacksLimits.Exceptions && s_wrappers.Contains(exception.Type) && exception.Inner.Count > 0; depth++)
        {
            exception = exception.Inner[0];
        }

        return exception;
    }

    /// <summary>The frames that a signature has of a stack.</summary>
    private static List<string> Name(IReadOnlyList<StackFrame> frames)
    {
        List<(string Name, FrameMeaning Meaning)> meanings = [.. frames.Select(Describe)];
        // What is outside the outermost managed frame began the thread, or the runtime.
        int outermost = frames.Count - 1;
        while (outermost >= 0 && frames[outermost].Kind != StackFrameKind.Managed)
        {
            outermost--;
        }

        if (outermost >= 0)
        {
            meanings.RemoveRange(outermost + 1, meanings.Count - outermost - 1);
        }

        // Where a method only throws by its name, but all else is the thread's beginning, its name was chance.
        if (!meanings.Exists(frame => frame.Meaning == FrameMeaning.Own && !IsEntry(frame.Name)))
        {
            meanings = [.. meanings.Select(frame => frame.Meaning == FrameMeaning.Deliberate && FrameMeanings.IsOwnThrower(frame.Name) ? (frame.Name, FrameMeaning.Own) : frame)];
        }

        List<string> named = Choose(meanings);
        // The runtime itself is where it went wrong if nothing in it ended the process on purpose.
        if (frames.Count > 0 && FrameMeanings.IsRuntime(frames[0]) && meanings.Count > 0 && meanings[0].Meaning == FrameMeaning.None)
        {
            named.Insert(0, Shorten(Naming(frames[0])));
        }

        return named;
    }

    private static List<string> Choose(List<(string Name, FrameMeaning Meaning)> frames)
    {
        List<string> own = Distinct(frames.Where(frame => frame.Meaning == FrameMeaning.Own).Select(frame => frame.Name));
        if (own.Count == 0)
        {
            return [.. Distinct(frames.Where(frame => frame.Meaning == FrameMeaning.Library).Select(frame => frame.Name)).Take(StacksLimits.SignatureFrames).Select(Shorten)];
        }

        // How the thread was begun: the same bug happens on others, too.
        if (own.Count > 1 && IsEntry(own[^1]))
        {
            own.RemoveAt(own.Count - 1);
        }

        List<string> chosen = [.. own.Take(StacksLimits.SignatureFrames)];
        // Of a library only what the program called: what that calls in its turn changes from version to version.
        int first = frames.FindIndex(frame => frame.Meaning == FrameMeaning.Own);
        if (frames.FindLastIndex(first, frame => frame.Meaning == FrameMeaning.Library) is var called and >= 0)
        {
            chosen.Insert(0, frames[called].Name);
        }

        return [.. chosen.Select(Shorten)];
    }

    /// <summary>What repeats in a stack overflow, from the alphabetically first method on: where in the cycle the stack ended is chance.</summary>
    /// <param name="frames">The stack.</param>
    /// <param name="isOverflow">The runtime says that it is one; else a repetition must be long.</param>
    private static List<string>? Repetition(IReadOnlyList<StackFrame> frames, bool isOverflow)
    {
        int at = -1;
        for (int i = 0; i < frames.Count; i++)
        {
            if (frames[i].Run is { } run && (isOverflow || Size(run) >= StacksLimits.OverflowFrames) && (at < 0 || Size(run) > Size(frames[at].Run!)))
            {
                at = i;
            }
        }

        if (at < 0)
        {
            return null;
        }

        List<(string Name, FrameMeaning Meaning)> cycle = [.. frames.Skip(at).Take(Math.Clamp(frames[at].Run!.Length, 0, StacksLimits.LongestRun)).Select(Describe)];
        List<string> names = Distinct(cycle.Where(frame => frame.Meaning == FrameMeaning.Own).Select(frame => frame.Name));
        names = names.Count > 0 ? names : Distinct(cycle.Where(frame => frame.Meaning == FrameMeaning.Library).Select(frame => frame.Name));
        if (names.Count > 1 && names[0] == names[^1])
        {
            names.RemoveAt(names.Count - 1);
        }

        return names.Count == 0 ? null : [.. Rotations(names).Order(s_lexicographic).First().Take(StacksLimits.SignatureFrames).Select(Shorten)];
    }

    private static long Size(StackRun run) => (long)run.Length * run.Times;

    private static IEnumerable<List<string>> Rotations(List<string> names) => Enumerable.Range(0, names.Count).Select(first => (List<string>)[.. names.Skip(first), .. names.Take(first)]);

    private static (string Name, FrameMeaning Meaning) Describe(StackFrame frame)
    {
        string name = Naming(frame);
        return (name, FrameMeanings.Of(frame, name));
    }

    private static string Naming(StackFrame frame) => frame switch
    {
        { Kind: StackFrameKind.Managed, Method: { } method } => ManagedName.Of(method),
        { Kind: StackFrameKind.Native, Method: { } method } => NativeName.OfFunction(method),
        { Kind: StackFrameKind.Native, Module: { } module } => NativeName.OfModule(module),
        _ => "",
    };

    /// <summary>Without those that equal the one before: recursion of any depth, an async method and its start.</summary>
    private static List<string> Distinct(IEnumerable<string> names)
    {
        List<string> distinct = [];
        foreach (string name in names)
        {
            if (distinct.Count == 0 || distinct[^1] != name)
            {
                distinct.Add(name);
            }
        }

        return distinct;
    }

    private static bool IsEntry(string name)
        => name.EndsWith(ManagedName.Lambda, StringComparison.Ordinal) || ManagedName.LastPart(name) is "Main" or "main";

    private static string Shorten(string name)
    {
        StringBuilder safe = new();
        foreach (Rune rune in name.EnumerateRunes())
        {
            safe.Append(Rune.IsControl(rune) || rune == Rune.ReplacementChar ? "?" : rune.ToString());
        }

        if (safe.Length <= StacksLimits.SignatureNameCharacters)
        {
            return safe.ToString();
        }

        int start = safe.Length - StacksLimits.SignatureNameCharacters + Cut.Length;
        return Cut + safe.ToString(char.IsLowSurrogate(safe[start]) ? start + 1 : start, safe.Length - start - (char.IsLowSurrogate(safe[start]) ? 1 : 0));
    }
}
