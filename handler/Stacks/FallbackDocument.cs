using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>The document where the runtime's own data cannot be read: what the process said of its exception before it died, or nothing.</summary>
internal static class FallbackDocument
{
    /// <summary>Makes it, with its signature.</summary>
    /// <param name="request">What is known of the process.</param>
    /// <param name="problem">Why there is no managed part; null: the process is no .NET one.</param>
    /// <param name="threads">Native stacks, the crashed thread first; null or empty: they are not known, and the crashed one has the exception's.</param>
    /// <param name="runtime">The runtime, where one was found.</param>
    public static StackDocument Of(WalkRequest request, string? problem, IReadOnlyList<StackThread>? threads = null, StackRuntime? runtime = null)
    {
        StackException? exception = ExceptionOf(request);
        StackDocument document = new()
        {
            Source = exception is null ? StackSource.None : StackSource.Client,
            Problem = problem,
            Runtime = runtime,
            Exception = exception,
            Threads = threads is { Count: > 0 } ? threads : CrashedThread(request, exception, problem),
        };
        return document with { Signature = StackSignature.Of(document) };
    }

    /// <summary>The exception that the process said would end it; null: it said of none.</summary>
    public static StackException? ExceptionOf(WalkRequest request)
    {
        StackException? exception = request.ExceptionType is { } type ? ExceptionText.Parse(type, request.ExceptionMessage ?? "", request.ExceptionText ?? "") : null;
        return request.LeavesOutMessages ? exception?.WithoutMessages() : exception;
    }

    private static List<StackThread> CrashedThread(WalkRequest request, StackException? exception, string? problem) => [.. request.Threads.Take(1).Select(thread => new StackThread
    {
        ThreadId = thread.ThreadId,
        Name = thread.Name,
        Crashed = request.HasCrashed,
        Problem = problem,
        Frames = exception?.Frames ?? [],
        FrameCount = exception?.Frames.Count ?? 0,
    })];
}
