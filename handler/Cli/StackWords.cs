using System.Globalization;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli;

/// <summary>Stacks in words, the same on every medium. Nothing is escaped here: whoever shows them does that for his medium.</summary>
internal static class StackWords
{
    /// <summary>Threads of one stack that are named.</summary>
    private const int NamedThreads = 10;

    /// <summary>Such as <c>.NET 10.0.12, workstation GC</c>.</summary>
    public static string Runtime(StackRuntime runtime)
    {
        string mode = runtime.GcMode is { } gc ? $", {gc} GC" : "";
        return $".NET {(runtime.Version.Length > 0 ? runtime.Version : "of an unknown version")}{mode}{(runtime.InCollection ? ", during a garbage collection" : "")}";
    }

    /// <summary>What the stacks are, and why they are no more than that.</summary>
    public static string Source(StackDocument document) => document.Source switch
    {
        StackSource.Walk => string.Create(CultureInfo.InvariantCulture, $"native and managed, read in {document.Milliseconds:0.0} ms"),
        StackSource.Client => $"the exception is in the process's own words{Because(document.Problem)}",
        _ when document.Problem is null => "native",
        _ => $"no managed part{Because(document.Problem)}",
    };

    /// <summary>A frame's method, or what else is known of its place.</summary>
    public static string Method(StackFrame frame) => frame.Kind switch
    {
        StackFrameKind.Managed => frame.Method ?? "a method without a name",
        StackFrameKind.Native => Native(frame),
        _ => $"[{frame.Method ?? "transition"}]",
    };

    /// <summary>File and line; null: not known.</summary>
    public static string? Place(StackFrame frame) => frame.File is { } file ? $"{file}{(frame.Line is { } line ? $":{Plain(line)}" : "")}" : null;

    /// <summary>How far a frame is to be trusted; null: it is.</summary>
    public static string? Doubt(StackFrame frame) => frame.Origin switch
    {
        StackFrameOrigin.Scan => "scan",
        StackFrameOrigin.FramePointer => "frame pointer",
        _ => null,
    };

    /// <summary>How often the frames before this repeat.</summary>
    public static string Repetition(StackRun run) => $"… {(run.Length == 1 ? "" : $"these {run.Length} frames ")}{Times(run)}";

    /// <summary>How often a run repeats.</summary>
    public static string Times(StackRun run) => $"{(run.AtLeast ? "at least " : "")}{Number(run.Times)} times";

    /// <summary>That a stack goes on; null: it does not.</summary>
    public static string? Rest(StackThread thread) => thread.AtLeast ? $"… at least {Number(thread.FrameCount)} frames; the outer ones were not read" : null;

    /// <summary>A thread: number, name, what it is to the runtime.</summary>
    public static string Describe(StackThread thread)
    {
        List<string> parts = [Name(thread)];
        if (thread.ManagedId is { } id)
        {
            parts.Add($"managed id {Plain(id)}");
        }

        parts.AddRange(thread.Kinds);
        return string.Join(", ", parts);
    }

    /// <summary>Threads of one stack; a single one with what it is to the runtime.</summary>
    public static string Describe(ThreadGroup group)
    {
        if (group.Threads.Count == 1)
        {
            return Describe(group.Example);
        }

        List<string> names = [];
        for (int i = 0; i < group.Threads.Count && i < NamedThreads; i++)
        {
            names.Add(Name(group.Threads[i]));
        }

        string more = group.Threads.Count > NamedThreads ? $" and {Number(group.Threads.Count - NamedThreads)} more" : "";
        return $"{Number(group.Threads.Count)} threads: {string.Join(", ", names)}{more}";
    }

    /// <summary>Such as <c>1,234</c>.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Because(string? problem) => problem is null ? "" : $": {problem}";

    private static string Native(StackFrame frame)
    {
        string? module = frame.Module is { } path ? path[(path.LastIndexOfAny(['/', '\\']) + 1)..] : null;
        return (module, frame.Method) switch
        {
            ({ } known, { } method) => $"{known}!{method}{Offset(frame.FunctionOffset)}",
            ({ } known, null) => $"{known}{Offset(frame.ModuleOffset)}",
            (null, { } method) => $"{method}{Offset(frame.FunctionOffset)}",
            _ => $"0x{frame.Ip:x}",
        };
    }

    private static string Offset(ulong? offset) => offset is { } known ? $"+0x{known:x}" : "";

    private static string Name(StackThread thread)
        => (thread.ManagedName ?? thread.Name) is { Length: > 0 } name ? $"{Plain(thread.ThreadId)} ({name})" : Plain(thread.ThreadId);

    private static string Plain(int value) => value.ToString(CultureInfo.InvariantCulture);
}
