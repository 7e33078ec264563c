using System.Globalization;
using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli;

/// <summary>A document of stacks for people at a terminal. Whatever text comes from the process is escaped (<see cref="TerminalText"/>).</summary>
internal sealed class StackText
{
    private const int LabelWidth = 12;

    /// <summary>Lines of each stack but the crashed thread's: enough to know what it does.</summary>
    private const int OtherLines = 10;

    /// <summary>Native frames in a row that are shown of such a stack, if it has others: how a wait is made of the runtime's parts is no news.</summary>
    private const int OtherNativeFrames = 2;

    /// <summary>Threads of one stack that are named.</summary>
    private const int NamedThreads = 10;

    private readonly TextWriter _out;
    private readonly TerminalColours _colours;

    private StackText(TextWriter output, TerminalColours colours)
    {
        _out = output;
        _colours = colours;
    }

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, StackDocument document, TerminalColours colours)
    {
        StackText text = new(output, colours);
        text.WriteHead(document);
        if (document.Exception is { } exception)
        {
            text.Title("The exception");
            text.WriteException(exception, "  ");
        }

        if (document.Threads.Count > 0)
        {
            text.WriteFirst(document.Threads[0]);
            text.WriteOthers(document.Threads);
        }

        if (document.Problems.Count > 0)
        {
            text.Title("Left out or cut of the stacks");
            foreach (string problem in document.Problems)
            {
                output.WriteLine($"  {Safe(problem)}");
            }
        }
    }

    private void WriteHead(StackDocument document)
    {
        if (document.Runtime is { } runtime)
        {
            string mode = runtime.GcMode is { } gc ? $", {Safe(gc)} GC" : "";
            Field("Runtime", $".NET {(runtime.Version.Length > 0 ? Safe(runtime.Version) : "of an unknown version")}{mode}{(runtime.InCollection ? ", during a garbage collection" : "")}");
        }

        Field("Stacks", document.Source switch
        {
            StackSource.Walk => string.Create(CultureInfo.InvariantCulture, $"native and managed, read in {document.Milliseconds:0.0} ms"),
            StackSource.Client => $"the exception is in the process's own words{Because(document.Problem)}",
            _ when document.Problem is null => "native",
            _ => $"no managed part{Because(document.Problem)}",
        });
    }

    private static string Because(string? problem) => problem is null ? "" : $": {Safe(problem)}";

    private void WriteException(StackException exception, string indent)
    {
        string result = exception.HResult is { } code ? $" (0x{code:x8})" : "";
        string message = exception.Message is { } text ? $": {Safe(text)}" : "";
        _out.WriteLine($"{indent}{_colours.Alarm(Safe(exception.Type))}{_colours.Faint(result)}{message}");
        WriteFrames(exception.Frames, indent + "  ", leftOutAt: null, leftOut: 0);
        if (exception.Problem is { } problem)
        {
            _out.WriteLine($"{indent}  {Safe(problem)}");
        }

        foreach (StackException inner in exception.Inner)
        {
            _out.WriteLine($"{indent}caused by");
            WriteException(inner, indent + "  ");
        }
    }

    private void WriteFirst(StackThread thread)
    {
        Title($"{(thread.Crashed ? "Crashed thread" : "Thread")} {Describe(thread)}");
        _out.WriteLine(_colours.Faint("  M managed, N native, T transition of the runtime"));
        WriteThread(thread);
    }

    private void WriteThread(StackThread thread)
    {
        WriteFrames(thread.Frames, "  ", thread.LeftOutAt, thread.LeftOut);
        if (thread.AtLeast)
        {
            _out.WriteLine(_colours.Count(string.Create(CultureInfo.InvariantCulture, $"  … at least {thread.FrameCount:N0} frames; the outer ones were not read")));
        }

        WriteRest(thread);
    }

    private void WriteRest(StackThread thread)
    {
        if (thread.Exception is { } held)
        {
            _out.WriteLine($"  it holds {Safe(held.Type)}{(held.Message is { } message ? $": {Safe(message)}" : "")}");
        }

        if (thread.Problem is { } problem)
        {
            _out.WriteLine($"  no managed frames: {Safe(problem)}");
        }
    }

    private void WriteFrames(IReadOnlyList<StackFrame> frames, string indent, int? leftOutAt, int leftOut)
    {
        int number = 0;
        int last = frames.Aggregate(leftOut, (count, frame) => Add(count, frame.Run is { } run ? (long)run.Length * run.Times : 1));
        int width = 1 + Plain(Math.Max(last - 1, 0)).Length;
        for (int i = 0; i < frames.Count;)
        {
            number = Add(number, WriteLeftOut(i));
            StackRun? run = frames[i].Run;
            int length = Math.Clamp(run?.Length ?? 1, 1, frames.Count - i);
            for (int k = 0; k < length; k++)
            {
                string times = run is not null && k == length - 1 ? $"  {_colours.Count($"… {(length == 1 ? "" : $"these {length} frames ")}{(run.AtLeast ? "at least " : "")}{Number(run.Times)} times")}" : "";
                _out.WriteLine($"{indent}{("#" + Plain(number + k)).PadRight(width)} {Line(frames[i + k])}{times}");
            }

            i += length;
            number = Add(number, (long)length * Math.Max(run?.Times ?? 1, 1));
        }

        WriteLeftOut(frames.Count);

        int WriteLeftOut(int at)
        {
            if (leftOut <= 0 || leftOutAt != at)
            {
                return 0;
            }

            _out.WriteLine(_colours.Count($"{indent}… {Number(leftOut)} frames left out"));
            return leftOut;
        }
    }

    // The numbers are a stranger's.
    private static int Add(int number, long count) => (int)Math.Clamp(number + count, 0, int.MaxValue / 2);

    // All but the first. No LINQ in here: each of its types over types of ours is private memory of every idle handler.
    private void WriteOthers(IReadOnlyList<StackThread> threads)
    {
        if (threads.Count == 1)
        {
            return;
        }

        Title($"Other threads ({Number(threads.Count - 1)})");
        Dictionary<string, List<int>> alike = [];
        List<List<int>> groups = [];
        for (int i = 1; i < threads.Count; i++)
        {
            string key = Key(threads[i]);
            if (!alike.TryGetValue(key, out List<int>? group))
            {
                alike.Add(key, group = []);
                groups.Add(group);
            }

            group.Add(i);
        }

        foreach (List<int> group in groups)
        {
            StackThread example = threads[group[0]];
            List<string> names = [];
            for (int i = 0; i < group.Count && i < NamedThreads; i++)
            {
                names.Add($"{threads[group[i]].ThreadId}{Name(threads[group[i]])}");
            }

            string more = group.Count > NamedThreads ? $" and {Number(group.Count - NamedThreads)} more" : "";
            _out.WriteLine(_colours.Heading(group.Count == 1 ? $"  {Describe(example)}" : $"  {Number(group.Count)} threads: {string.Join(", ", names)}{more}"));
            WriteShort(example);
        }
    }

    /// <summary>Two threads of equal keys look the same.</summary>
    private static string Key(StackThread thread)
    {
        StringBuilder key = new();
        key.Append(thread.Exception?.Type).Append('\n').Append(thread.Problem);
        foreach (StackFrame frame in thread.Frames)
        {
            key.Append('\n').Append(Key(frame));
        }

        return key.ToString();
    }

    private static bool HasManagedFrames(StackThread thread)
    {
        foreach (StackFrame frame in thread.Frames)
        {
            if (frame.Kind == StackFrameKind.Managed)
            {
                return true;
            }
        }

        return false;
    }

    private void WriteShort(StackThread thread)
    {
        int lines = 0;
        int natives = 0;
        int mostNatives = HasManagedFrames(thread) ? OtherNativeFrames : OtherLines;
        foreach (StackFrame frame in thread.Frames)
        {
            natives = frame.Kind == StackFrameKind.Managed ? 0 : natives + 1;
            if (natives > mostNatives || frame.Kind == StackFrameKind.Transition)
            {
                continue;
            }

            if (lines == OtherLines)
            {
                break;
            }

            lines++;
            string times = frame.Run is { } run ? $"  {_colours.Count($"… {(run.Length == 1 ? "" : $"with the next {run.Length - 1} ")}{(run.AtLeast ? "at least " : "")}{Number(run.Times)} times")}" : "";
            _out.WriteLine($"    {Line(frame)}{times}");
        }

        if (thread.Frames.Count > lines)
        {
            _out.WriteLine(_colours.Faint($"    … {Number(thread.Frames.Count - lines)} more"));
        }
        else if (thread.Frames.Count == 0 && thread.Problem is null)
        {
            _out.WriteLine(_colours.Faint("    no frames"));
        }

        WriteRest(thread);
    }

    /// <summary>Two stacks of equal keys look the same.</summary>
    private static string Key(StackFrame frame) => $"{frame.Kind} {frame.Module}!{frame.Method}+{(frame.Method is null ? frame.ModuleOffset : 0):x} {frame.Line} {frame.Run?.Times}";

    private string Line(StackFrame frame)
    {
        string found = frame.Origin is StackFrameOrigin.FramePointer or StackFrameOrigin.Scan ? _colours.Faint(frame.Origin == StackFrameOrigin.Scan ? "  (scan)" : "  (frame pointer)") : "";
        return frame.Kind switch
        {
            StackFrameKind.Managed => $"M  {Safe(frame.Method ?? "a method without a name")}{Place(frame)}{found}",
            StackFrameKind.Native => _colours.Faint($"N  {Native(frame)}") + Place(frame) + found,
            _ => _colours.Faint($"T  [{Safe(frame.Method ?? "transition")}]"),
        };
    }

    private string Place(StackFrame frame) => frame.File is { } file ? $" in {_colours.Place($"{Safe(file)}{(frame.Line is { } line ? $":{Plain(line)}" : "")}")}" : "";

    private static string Native(StackFrame frame)
    {
        string? module = frame.Module is { } path ? Safe(path[(path.LastIndexOf('/') + 1)..]) : null;
        return (module, frame.Method) switch
        {
            ({ } known, { } method) => $"{known}!{Safe(method)}{Offset(frame.FunctionOffset)}",
            ({ } known, null) => $"{known}{Offset(frame.ModuleOffset)}",
            (null, { } method) => $"{Safe(method)}{Offset(frame.FunctionOffset)}",
            _ => $"0x{frame.Ip:x}",
        };
    }

    private static string Offset(ulong? offset) => offset is { } known ? $"+0x{known:x}" : "";

    private static string Describe(StackThread thread)
    {
        List<string> parts = [$"{thread.ThreadId}{Name(thread)}"];
        if (thread.ManagedId is { } id)
        {
            parts.Add($"managed id {Plain(id)}");
        }

        foreach (string kind in thread.Kinds)
        {
            parts.Add(Safe(kind));
        }

        return string.Join(", ", parts);
    }

    private static string Name(StackThread thread)
        => (thread.ManagedName ?? thread.Name) is { Length: > 0 } name ? $" ({Safe(name)})" : "";

    private void Field(string label, string value) => _out.WriteLine($"{label.PadRight(LabelWidth)}{value}");

    private void Title(string title)
    {
        _out.WriteLine();
        _out.WriteLine(_colours.Heading(title));
    }

    private static string Safe(string text) => TerminalText.Escape(text);

    private static string Plain(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
