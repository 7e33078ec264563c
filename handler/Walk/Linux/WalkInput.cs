using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Walk;

/// <summary>
/// What a walk is told, kept outside of the collector's heap from the snapshot on: when many processes die at once, their snapshots' memory is given back before the
/// first walk.
/// </summary>
internal sealed class WalkInput : IDisposable
{
    private const string MemfdName = "crash-handler-walk";
    private const int BufferBytes = 16 << 10;

    private WalkInput(FileDescriptor file, WalkRequest request, FileDescriptor? root, bool hasMemory, WalkFacts facts)
    {
        Request = file;
        Root = root;
        Facts = facts;
        FirstThread = new StackThread { ThreadId = request.Threads[0].ThreadId, Name = request.Threads[0].Name, Crashed = request.HasCrashed };
        HasUser = request.UserId != WalkRequest.NoUser && request.GroupId != WalkRequest.NoUser;
        HasMemory = hasMemory;
    }

    /// <summary>The encoded <see cref="WalkRequest"/>, a memfd.</summary>
    public FileDescriptor Request { get; }

    /// <summary>The process's root directory; null: it is ours.</summary>
    public FileDescriptor? Root { get; }

    /// <summary>What else the request says.</summary>
    public WalkFacts Facts { get; }

    /// <summary>The thread that crashed, or asked; without its frames.</summary>
    public StackThread FirstThread { get; }

    /// <summary>Whether it is known whose process it is.</summary>
    public bool HasUser { get; }

    /// <summary>Whether there is any memory to be walked.</summary>
    public bool HasMemory { get; }

    /// <summary>Makes it.</summary>
    /// <param name="snapshot">The process.</param>
    /// <param name="frozen">The process, as it stands; null: it was gone already.</param>
    /// <param name="facts">What else the request says.</param>
    /// <exception cref="CaptureException">The process is gone.</exception>
    /// <exception cref="SyscallException">There is no descriptor or memory for it, or the process's root cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public static WalkInput Of(ProcessSnapshot snapshot, FrozenProcess? frozen, WalkFacts facts)
    {
        bool hasMemory = frozen is not null && snapshot.Access != CaptureAccess.NoticeOnly;
        FileDescriptor? root = hasMemory ? frozen!.OpenOtherRoot() : null;
        FileDescriptor? file = null;
        try
        {
            WalkRequest request = RequestOf(snapshot, facts, root is not null);
            int fd = Libc.memfd_create(MemfdName, Libc.MFD_CLOEXEC);
            file = fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("memfd_create");
            using (SafeFileHandle handle = new(fd, ownsHandle: false))
            using (FileStream stream = new(handle, FileAccess.Write, BufferBytes))
            {
                WalkRequestCodec.Write(request, stream);
            }

            return new WalkInput(file, request, root, hasMemory, facts);
        }
        catch
        {
            file?.Dispose();
            root?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Request.Dispose();
        Root?.Dispose();
    }

    private static WalkRequest RequestOf(ProcessSnapshot snapshot, WalkFacts facts, bool hasOwnRoot)
    {
        ReadOnlySpan<byte> status = snapshot.ProcFiles.GetValueOrDefault(ProcFile.Status);
        ReadOnlySpan<byte> maps = snapshot.ProcFiles.GetValueOrDefault(ProcFile.Maps);
        WalkThread[] threads = new WalkThread[snapshot.Threads.Count];
        for (int i = 0; i < threads.Length; i++)
        {
            ThreadSnapshot thread = snapshot.Threads[i];
            threads[i] = new WalkThread(thread.ThreadId, thread.Name, thread.Registers);
        }

        WalkModule[] modules = new WalkModule[snapshot.Modules.Count];
        bool hasRuntime = false;
        for (int i = 0; i < modules.Length; i++)
        {
            ModuleSnapshot module = snapshot.Modules[i];
            modules[i] = new WalkModule(module.Path, module.Address, module.Size, module.BuildId, module.Pe is null);
            hasRuntime |= DotNetRuntime.IsRuntime(module);
        }

        return new WalkRequest
        {
            ProcessId = snapshot.ProcessId,
            // Where the status does not say, there is no walk.
            UserId = ProcStatus.LeastUserId(status) ?? WalkRequest.NoUser,
            GroupId = ProcStatus.LeastGroupId(status) ?? WalkRequest.NoUser,
            HasOwnRoot = hasOwnRoot,
            IsDotNet = facts.IsDotNet || hasRuntime,
            LeavesOutMessages = facts.LeavesOutMessages,
            Limit = facts.Limit,
            HasCrashed = facts.HasCrashed,
            Signal = facts.HasCrashed ? snapshot.Exception?.Signal ?? 0 : 0,
            Threads = threads,
            Modules = modules,
            Maps = (maps.Length <= StacksLimits.MapsBytes ? maps : WholeLines(maps[..StacksLimits.MapsBytes])).ToArray(),
            ExceptionType = facts.ExceptionType,
            ExceptionMessage = facts.ExceptionMessage,
            ExceptionText = facts.ExceptionText,
        };
    }

    private static ReadOnlySpan<byte> WholeLines(ReadOnlySpan<byte> text) => text[..(text.LastIndexOf((byte)'\n') + 1)];
}
