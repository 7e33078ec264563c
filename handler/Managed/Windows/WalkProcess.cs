using System.Diagnostics;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Request;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// What of it is Windows', the hidden verb <c>walk</c>: request and answer are memory that it shares with the handler, and the process is a handle. Its job has its limits
/// (Walk/Windows/WalkProcess).
/// </summary>
internal static partial class WalkProcess
{
    // What .NET ends a process with that nobody's catch saved ("Managed exception code").
    private const int Uncaught = unchecked((int)0xE0434352);

    /// <summary>Runs it.</summary>
    /// <param name="handles">What the handler gave it.</param>
    /// <param name="reason">Why the runtime is not asked; null: it is.</param>
    /// <returns>Exit code.</returns>
    public static int Run(WalkHandles handles, string? reason)
    {
        try
        {
            long began = Stopwatch.GetTimestamp() - Since(ProcessFacts.StartTime(new FileDescriptor((int)PipeCalls.GetCurrentProcess())));
            using SharedSection given = SharedSection.Map(handles.Request, SharedSection.SECTION_MAP_READ, handles.RequestBytes);
            using SharedSection answer = SharedSection.Map(handles.Answer, SharedSection.SECTION_MAP_WRITE, WalkAnswerHeader.Size + StacksLimits.DocumentBytes);
            WalkRequest request = WalkRequestCodec.Read(new MemoryStream(given.Bytes.ToArray(), writable: false));
            StackDocument document = Walk(
                request, new TargetMemory(handles.Process), new ProcessFiles(), Refuse(handles.Process), request.IsDotNet ? reason : null, new WalkClock(began, request.Limit));
            WalkAnswerHeader.Write(answer.Bytes, Encode(document));

            // At once: the thread that asks the runtime may never come back.
            Libc._exit(Done);
            return Done;
        }
        catch (Exception error)
        {
            // There is no standard error, but for whoever tries it by hand.
            Console.Error.WriteLine($"crash-handler walk: {error.Message}");
            return Failed;
        }
    }

    /// <summary>Why no code of the process's choice is run, nor a file of its choice opened; null: it has the same rights.</summary>
    private static string? Refuse(FileDescriptor process)
    {
        try
        {
            uint own = ProcessToken.IntegrityOf(PipeCalls.GetCurrentProcess(), "this process"), its = ProcessToken.IntegrityOf(process.Number, "the process");
            return its >= own ? null : $"no code of the process's choice is run, as the walk has other rights than the process: integrity 0x{own:x} instead of 0x{its:x}";
        }
        catch (SyscallException error)
        {
            return $"no code of the process's choice is run, as it is not known what rights the process has: {error.Message}";
        }
    }

    // The runtime has started since: that is part of what the handler waits for.
    private static long Since(ulong fileTime) => (long)(DateTime.UtcNow - DateTime.FromFileTimeUtc((long)fileTime)).TotalMilliseconds * Stopwatch.Frequency / 1_000;
}
