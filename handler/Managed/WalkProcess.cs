using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// The whole of <c>crash-handler-walk</c>: a <see cref="WalkRequest"/> comes in on descriptor 0, one <see cref="StackDocument"/> goes out as JSON on descriptor 1.
/// It has the rights of the process that it looks at, or runs no code of that one's choice.
/// </summary>
internal static class WalkProcess
{
    private const int Input = 0, Output = 1;
    private const int Done = 0, Failed = 1;

    // SIGABRT: what the runtime ends a process with that nobody's catch saved.
    private const int Abort = 6;

    /// <summary>Runs it.</summary>
    /// <param name="reason">Why the runtime is not asked; null: it is.</param>
    /// <param name="isAgain">It has begun again, to be rid of the rights of threads that were there before it gave up its own.</param>
    /// <returns>Exit status.</returns>
    public static int Run(string? reason, bool isAgain)
    {
        long began = Stopwatch.GetTimestamp();
        OomScore.GoFirst();
        try
        {
            WalkRequest request;
            using (FileStream input = new(new SafeFileHandle(Input, ownsHandle: false), FileAccess.Read))
            {
                request = WalkRequestCodec.Read(input);
            }

            ProcessLimits.EndAfter(request.Limit);
            string? refusal = DropRights(request, reason, isAgain);
            ProcessLimits.LimitMemory(StacksLimits.WalkDataBytes);
            Write(Walk(request, refusal, request.IsDotNet ? reason : null, new WalkClock(began, request.Limit)));

            // At once: the thread that asks the runtime may never come back.
            Libc._exit(Done);
            return Done;
        }
        catch (Exception error)
        {
            // Standard error is /dev/null, but for whoever tries it by hand.
            Console.Error.WriteLine($"crash-handler-walk: {error.Message}");
            return Failed;
        }
    }

    /// <summary>Becomes the process's user, before anything that it chose is opened.</summary>
    /// <returns>Why it could not be; null: it is.</returns>
    private static string? DropRights(WalkRequest request, string? reason, bool isAgain)
    {
        try
        {
            Credentials.Become(request.UserId, request.GroupId);
            Credentials.GiveUpPrivileges();
            if (!Credentials.HasPrivilegedThread())
            {
                return null;
            }

            if (isAgain)
            {
                return "no code of the process's choice is run, as a thread of the walk has rights that it gave up";
            }

            _ = Libc.lseek(Input, 0, Libc.SEEK_SET);
            throw Credentials.BeginAgain("crash-handler-walk", reason ?? "", "again");
        }
        catch (SyscallException error)
        {
            return $"no code of the process's choice is run, as the walk has other rights than the process: {error.Message}";
        }
    }

    private static StackDocument Walk(WalkRequest request, string? refusal, string? reason, WalkClock clock)
    {
        DescriptorMemory memory = new(new FileDescriptor(WalkRequest.MemoryDescriptor));
        ProcessFiles files = new(request);
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
        if (held is not null && (held.Type == request.ExceptionType || (request.Signal == Abort && crashed is { IsExceptionInFlight: true }) || IsOfFault(held, threads[0])))
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

    private static void Write(StackDocument document)
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

        using FileStream output = new(new SafeFileHandle(Output, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        output.Write(json);
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
