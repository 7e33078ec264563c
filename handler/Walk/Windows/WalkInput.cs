using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Walk;

/// <summary>What a walk is told.</summary>
internal sealed class WalkInput : IDisposable
{
    private const string Runtime = "coreclr.dll";

    private WalkInput(SharedSection section, WalkRequest request, WalkFacts facts)
    {
        Request = section;
        Facts = facts;
        FirstThread = new StackThread { ThreadId = request.Threads[0].ThreadId, Name = request.Threads[0].Name, Crashed = request.HasCrashed };
    }

    /// <summary>The encoded <see cref="WalkRequest"/>, and nothing else.</summary>
    public SharedSection Request { get; }

    /// <summary>What else the request says.</summary>
    public WalkFacts Facts { get; }

    /// <summary>The thread that crashed, or asked; without its frames.</summary>
    public StackThread FirstThread { get; }

    /// <summary>Makes it, of a process that stands still.</summary>
    /// <param name="process">The process.</param>
    /// <param name="subject">The thread that crashed, or asked; null: none is meant.</param>
    /// <param name="facts">What else the request says.</param>
    /// <exception cref="SyscallException">There is no memory for it, or the process's threads are not to be seen.</exception>
    /// <exception cref="InvalidDataException">It has no thread any more, or what it says of itself is beyond every limit.</exception>
    public static WalkInput Of(TargetProcess process, WalkSubject? subject, WalkFacts facts)
    {
        List<WalkThread> threads = ProcessThreads.Read(process, subject?.ThreadId, subject?.Registers);
        if (threads.Count == 0)
        {
            throw new InvalidDataException($"process {process.ProcessId} has no thread any more");
        }

        WalkRequest request = RequestOf(process.ProcessId, threads, ModulesOf(process), subject?.Code ?? 0, facts);
        using MemoryStream encoded = new();
        WalkRequestCodec.Write(request, encoded);
        SharedSection section = SharedSection.Create((int)encoded.Length);
        encoded.GetBuffer().AsSpan(0, (int)encoded.Length).CopyTo(section.Bytes);
        return new WalkInput(section, request, facts);
    }

    /// <summary>What is known of a process, as a walk is told it.</summary>
    public static WalkRequest RequestOf(int processId, IReadOnlyList<WalkThread> threads, IReadOnlyList<WalkModule> modules, int code, WalkFacts facts) => new()
    {
        ProcessId = processId,
        // Whoever it is: the walk looks at its token.
        UserId = WalkRequest.NoUser,
        GroupId = WalkRequest.NoUser,
        IsDotNet = facts.IsDotNet || modules.Any(module => Path.GetFileName(module.Path).Equals(Runtime, StringComparison.OrdinalIgnoreCase)),
        LeavesOutMessages = facts.LeavesOutMessages,
        Limit = facts.Limit,
        HasCrashed = facts.HasCrashed,
        Signal = code,
        Threads = threads,
        Modules = modules,
        // What is stack, and what is code, is seen by what can be read and by the modules' headers.
        Maps = [],
        ExceptionType = facts.ExceptionType,
        ExceptionMessage = facts.ExceptionMessage,
        ExceptionText = facts.ExceptionText,
    };

    public void Dispose() => Request.Dispose();

    private static List<WalkModule> ModulesOf(TargetProcess process)
    {
        try
        {
            return [.. ProcessImages.Of(process.Handle, process.ProcessId).Select(image => new WalkModule(Utf8Text.Cut(image.Path, StacksLimits.PathBytes), (ulong)image.Start, image.Size, [], IsElf: false))];
        }
        catch (SyscallException)
        {
            // Its loader's lists are broken: that is nothing that it might not have died of, and the threads are there all the same.
            return [];
        }
    }
}
