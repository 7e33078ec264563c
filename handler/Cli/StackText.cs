using System.Globalization;
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
            Field("Runtime", Safe(StackWords.Runtime(runtime)));
        }

        Field("Stacks", Safe(StackWords.Source(document)));
    }

    private void WriteException(StackException exception, string indent)
    {
        string result = exception.HResult is { } code ? $" (0x{code:x8})" : "";
        string message = exception.Message is { } text ? $": {Safe(text)}" : "";
        _out.WriteLine($"{indent}{_colours.Alarm(Safe(exception.Type))}{_colours.Faint(result)}{message}");
        WriteLines(StackLine.Of(exception.Frames), indent + "  ");
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
        Title($"{(thread.Crashed ? "Crashed thread" : "Thread")} {Safe(StackWords.Describe(thread))}");
        _out.WriteLine(_colours.Faint("  M managed, N native, T transition of the runtime"));
        WriteLines(StackLine.Of(thread), "  ");
        if (StackWords.Rest(thread) is { } rest)
        {
            _out.WriteLine(_colours.Count($"  {rest}"));
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

    private void WriteLines(IReadOnlyList<StackLine> lines, string indent)
    {
        int width = lines.Count == 0 ? 0 : 1 + Plain(lines[^1].Number).Length;
        foreach (StackLine line in lines)
        {
            string times = line.Repeats is { } run ? $"  {_colours.Count(StackWords.Repetition(run))}" : "";
            _out.WriteLine(line.Frame is { } frame ? $"{indent}{("#" + Plain(line.Number)).PadRight(width)} {Line(frame)}{times}"
                : _colours.Count($"{indent}… {StackWords.Number(line.LeftOut)} frames left out"));
        }
    }

    // All but the first.
    private void WriteOthers(IReadOnlyList<StackThread> threads)
    {
        if (threads.Count == 1)
        {
            return;
        }

        Title($"Other threads ({StackWords.Number(threads.Count - 1)})");
        foreach (ThreadGroup group in ThreadGroup.Of(threads, from: 1))
        {
            _out.WriteLine(_colours.Heading($"  {Safe(StackWords.Describe(group))}"));
            WriteShort(group.Example);
        }
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
            string times = frame.Run is { } run ? $"  {_colours.Count($"… {(run.Length == 1 ? "" : $"with the next {run.Length - 1} ")}{StackWords.Times(run)}")}" : "";
            _out.WriteLine($"    {Line(frame)}{times}");
        }

        if (thread.Frames.Count > lines)
        {
            _out.WriteLine(_colours.Faint($"    … {StackWords.Number(thread.Frames.Count - lines)} more"));
        }
        else if (thread.Frames.Count == 0 && thread.Problem is null)
        {
            _out.WriteLine(_colours.Faint("    no frames"));
        }

        WriteRest(thread);
    }

    private string Line(StackFrame frame)
    {
        string method = Safe(StackWords.Method(frame));
        string place = StackWords.Place(frame) is { } known ? $" in {_colours.Place(Safe(known))}" : "";
        string doubt = StackWords.Doubt(frame) is { } words ? _colours.Faint($"  ({words})") : "";
        return frame.Kind switch
        {
            StackFrameKind.Managed => $"M  {method}{place}{doubt}",
            StackFrameKind.Native => _colours.Faint($"N  {method}") + place + doubt,
            _ => _colours.Faint($"T  {method}"),
        };
    }

    private void Field(string label, string value) => _out.WriteLine($"{label.PadRight(LabelWidth)}{value}");

    private void Title(string title)
    {
        _out.WriteLine();
        _out.WriteLine(_colours.Heading(title));
    }

    private static string Safe(string text) => TerminalText.Escape(text);

    private static string Plain(int value) => value.ToString(CultureInfo.InvariantCulture);
}
