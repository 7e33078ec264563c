using System.Text.Encodings.Web;
using System.Text.Json;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;

namespace CrashHandler.Handler.Managed;

/// <summary>A process of its own: a <see cref="WalkRequest"/> comes in, one <see cref="StackDocument"/> goes out as JSON.</summary>
internal static partial class WalkProcess
{
    private const int Done = 0, Failed = 1;

    private static StackDocument Walk(WalkRequest request, IProcessMemory memory, ProcessFiles files, string? refusal, string? reason, WalkClock clock)
    {
        ManagedAnswers? answers = null;
        StackRuntime? runtime = null;
        string? problem = refusal ?? reason;
        if (request.IsDotNet && problem is null)
        {
            answers = ManagedAnswers.Begin(request, new CachedMemory(memory, StacksLimits.DacCachedPages), clock);
        }

        // Made while the runtime's data is being opened. What was refused rights opens no file that the process names.
        using NativeUnwinder unwinder = new(memory, request.Modules, request.Maps, module => refusal is null ? files.Open(module.Path) : null);
        try
        {
            runtime = answers?.WaitForRuntime();
        }
        catch (NoManagedPartException error)
        {
            problem = error.Message;
            answers = null;
        }

        using SourceLines lines = new(files.Open);
        StackComposer composer = new(request, unwinder, lines, clock);
        List<StackThread> threads = [];
        ManagedThread? crashed = null;
        foreach (WalkThread thread in request.Threads)
        {
            ManagedThread managed = answers?.Next() ?? new ManagedThread();
            crashed ??= managed;
            threads.Add(composer.Compose(thread, managed, isFirst: threads.Count == 0));
        }

        List<string> problems = [.. unwinder.Problems, .. lines.Problems];
        if (composer.Cut is { } cut)
        {
            problems.Add(cut);
        }

        StackDocument document = runtime is null
            ? FallbackDocument.Of(request, problem, threads, FindRuntime(request))
            : new StackDocument { Source = StackSource.Walk, Runtime = runtime, Threads = threads, Exception = ExceptionOf(request, crashed, threads) };
        document = document with { Problems = problems, Milliseconds = Math.Round(clock.Elapsed.TotalMilliseconds, 1) };
        return document with { Signature = StackSignature.Of(document) };
    }

    /// <summary>The exception that ended the process: the one that is on its way on the crashed thread, else what the process itself said of one.</summary>
    private static StackException? ExceptionOf(WalkRequest request, ManagedThread? crashed, List<StackThread> threads)
    {
        if (!request.HasCrashed)
        {
            return null;
        }

        StackException? held = threads.Count > 0 ? threads[0].Exception : null;
        if (held is not null && (held.Type == request.ExceptionType || (request.Signal == Uncaught && crashed is { IsExceptionInFlight: true }) || IsOfFault(held, threads[0])))
        {
            return held;
        }

        return FallbackDocument.ExceptionOf(request);
    }

    // A null reference or a division by zero that nobody caught is told of with its fault's signal and registers: it was thrown by the instruction that faulted.
    private static bool IsOfFault(StackException exception, StackThread crashed)
        => exception.Frames is [{ Ip: not 0 } thrown, ..] && crashed.Frames.FirstOrDefault(frame => frame.Kind != StackFrameKind.Transition) is { } innermost
            && (innermost.Ip, innermost.Sp) == (thrown.Ip, thrown.Sp);

    /// <summary>The runtime that could not be asked: where it lies is known at least.</summary>
    private static StackRuntime? FindRuntime(WalkRequest request)
        => request.IsDotNet && RuntimeImage.FindLibrary(request) is { } library ? new StackRuntime { Version = "", Path = library.Path } : null;

    private static ReadOnlySpan<byte> Encode(StackDocument document)
    {
        ReadOnlySpan<byte> json = Serialize(document);
        if (json.Length > StacksLimits.DocumentBytes)
        {
            // Nothing but the crashed thread then: the sizes of its texts were estimated, and a hostile process has texts that are not like others.
            json = Serialize(document with
            {
                Threads = [.. document.Threads.Select((thread, place) => place == 0 ? thread : thread with { Frames = [], Exception = null, Problem = "left out: the document would have been too large" })],
                Problems = [.. document.Problems, $"frames of all threads but the first are left out: the document would have had {json.Length} bytes"],
            });
        }

        return json;
    }

    private static ReadOnlySpan<byte> Serialize(StackDocument document)
    {
        MemoryStream stream = new();
        // Names of generic methods have < and > in them; nobody puts this into a web page unescaped.
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            JsonSerializer.Serialize(writer, document, StacksJson.Default.StackDocument);
        }

        return stream.GetBuffer().AsSpan(0, (int)stream.Length);
    }
}
