using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>Asks the runtime for the managed frames and exceptions of the threads. All of it runs on one thread, which may never come back: the DAC is native code that reads a broken process.</summary>
internal sealed class ManagedWalk
{
    // Frames of the runtime's between managed and native code, behind which the next method stands at the instruction itself, not where a call returns to.
    private const string FaultFrame = "FaultingExceptionFrame", ThrowFrame = "SoftwareExceptionFrame", RedirectedFrame = "RedirectedThreadFrame", ResumableFrame = "ResumableFrame";

    // What the runtime sets, made beforehand and thrown by nobody, where it ends the process for another reason: FailFast, a bad pointer in managed code.
    private const string StandInType = "System.ExecutionEngineException";

    private readonly RuntimeData _runtime;
    private readonly ManagedMethods _methods;
    private readonly ManagedObjects _objects;
    private readonly ExceptionReader _exceptions;
    private readonly ThreadNames _names;
    private readonly Dictionary<int, ClrThreadInfo> _threads = [];

    private ManagedWalk(RuntimeImage image, RuntimeData runtime, IProcessMemory memory, bool leavesOutMessages)
    {
        _runtime = runtime;
        _methods = new ManagedMethods(runtime, new ManagedModules(runtime, memory));
        _objects = new ManagedObjects(runtime, memory);
        _exceptions = new ExceptionReader(runtime, _objects, _methods, leavesOutMessages);
        _names = new ThreadNames(_objects, memory);
        foreach (ClrThreadInfo thread in runtime.Runtime.EnumerateThreads(StacksLimits.Threads))
        {
            if (thread.OSThreadId != 0)
            {
                _threads.TryAdd((int)thread.OSThreadId, thread);
            }
        }

        GCState state = runtime.Heap.State;
        Runtime = new StackRuntime
        {
            Version = RuntimeImage.Show(image.Version),
            GcMode = state.Kind switch
            {
                Microsoft.Diagnostics.Runtime.AbstractDac.GCKind.Workstation => "workstation",
                Microsoft.Diagnostics.Runtime.AbstractDac.GCKind.Server => "server",
                _ => null,
            },
            InCollection = !state.AreGCStructuresValid,
            Path = image.Path,
        };
    }

    /// <summary>The runtime.</summary>
    public StackRuntime Runtime { get; }

    /// <summary>Opens the runtime's data.</summary>
    /// <exception cref="NoManagedPartException">It cannot be had.</exception>
    public static ManagedWalk Open(WalkRequest request, IProcessMemory memory)
    {
        WalkDataReader reader = new(request, memory);
        RuntimeImage image = RuntimeImage.Find(request, reader, memory);
        using DacFile dac = DacFile.Open(image, request);
        RuntimeData runtime = RuntimeData.Open(image, dac, reader);
        try
        {
            return new ManagedWalk(image, runtime, memory, request.LeavesOutMessages);
        }
        catch (Exception error) when (error is not NoManagedPartException)
        {
            throw new NoManagedPartException($"the runtime's data cannot be read: {error.Message}", error);
        }
    }

    /// <summary>What the runtime says of a thread. What fails is in the answer.</summary>
    public ManagedThread Read(WalkThread thread)
    {
        if (!_threads.TryGetValue(thread.ThreadId, out ClrThreadInfo info))
        {
            return new ManagedThread { Problem = "the runtime does not know it" };
        }

        List<string> problems = [];
        string? name = Try(() => _names.Find(info.Address), "its name", problems);
        List<ManagedFrame> frames = thread.Registers is null ? [] : Try(() => ReadFrames(info.OSThreadId), "its frames", problems) ?? [];
        bool atLeast = frames.Count > StacksLimits.ReadFrames;
        if (atLeast)
        {
            frames.RemoveRange(StacksLimits.ReadFrames, frames.Count - StacksLimits.ReadFrames);
        }

        if (!frames.Exists(frame => frame.Frame.Kind == StackFrameKind.Managed))
        {
            problems.Add(thread.Registers is null ? "its registers are not known" : ExplainAbsence(info));
        }

        ManagedException? exception = info.ExceptionInFlight == 0 ? null : Try(() => _exceptions.Read(info.ExceptionInFlight), "its exception", problems);
        if (exception is { Exception: { Type: StandInType, Frames.Count: 0 } })
        {
            exception = null;
        }

        return new ManagedThread
        {
            ManagedId = info.ManagedThreadId,
            Name = string.IsNullOrEmpty(name) ? null : name,
            Kinds = Kinds(info),
            Problem = problems.Count > 0 ? string.Join("; ", problems) : null,
            Exception = exception?.Exception,
            IsExceptionInFlight = exception is not null && frames.Exists(frame => frame.Frame.Sp == exception.ThrownAt && frame.Frame.Method is { } method && method == exception.ThrownIn),
            Frames = WithoutDoubles(frames),
            AtLeast = atLeast,
        };
    }

    private static T? Try<T>(Func<T?> read, string what, List<string> problems)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception error)
        {
            // Whatever a broken heap makes of ClrMD costs this much and no more.
            problems.Add($"{what} cannot be read: {error.Message}");
            return null;
        }
    }

    private List<ManagedFrame> ReadFrames(uint thread)
    {
        List<ManagedFrame> frames = [];
        bool isReturn = false;
        foreach (StackFrameInfo info in _runtime.Threads.EnumerateStackTrace(thread, includeContext: true, StacksLimits.ReadFrames + 1, traceErrors: false))
        {
            Amd64Registers? registers = info.Context is { } context ? MemoryMarshal.Read<Amd64Context>(context).ToRegisters() : null;
            StackFrame frame;
            if (info.IsInternalFrame)
            {
                frame = new StackFrame { Kind = StackFrameKind.Transition, Origin = StackFrameOrigin.Runtime, Method = Transition(info), Ip = 0, Sp = info.StackPointer };
                isReturn = info.InternalFrameName is not (FaultFrame or ThrowFrame or RedirectedFrame or ResumableFrame);
            }
            else
            {
                frame = _methods.Frame(_methods.Find(info.InstructionPointer), info.InstructionPointer, isReturn) with { Sp = info.StackPointer };
                isReturn = true;
            }

            frames.Add(new ManagedFrame(frame, registers));
        }

        return frames;
    }

    /// <summary>Each marker once: the debugging library stops twice at that of a call of native code. A marker's stack pointer is its own address, so another one has another.</summary>
    internal static List<ManagedFrame> WithoutDoubles(IReadOnlyList<ManagedFrame> frames)
        => [.. frames.Where((frame, index) => index == 0 || frame.Frame.Kind != StackFrameKind.Transition || frames[index - 1].Frame is not { Kind: StackFrameKind.Transition } inner || inner.Sp != frame.Frame.Sp)];

    private string? Transition(in StackFrameInfo info)
    {
        string? method = _methods.Name(info.InnerMethodMethodHandle);
        return method is null ? info.InternalFrameName : $"{info.InternalFrameName} ({method})";
    }

    private static List<string> Kinds(in ClrThreadInfo thread)
    {
        List<string> kinds = [];
        Add(thread.State.HasFlag(ClrThreadState.TS_Background), "background");
        Add(thread.State.HasFlag(ClrThreadState.TS_TPWorkerThread) || thread.State.HasFlag(ClrThreadState.TS_CompletionPortThread), "threadpool");
        Add(thread.IsFinalizer, "finalizer");
        Add(thread.IsGC, "gc");
        return kinds;

        void Add(bool isIt, string kind)
        {
            if (isIt)
            {
                kinds.Add(kind);
            }
        }
    }

    private static string ExplainAbsence(in ClrThreadInfo thread)
        => thread.State.HasFlag(ClrThreadState.TS_Unstarted) ? "it has not started yet"
            : thread.State.HasFlag(ClrThreadState.TS_Dead) ? "it has ended"
            : "the runtime finds no managed frame on its stack";
}
