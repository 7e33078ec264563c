using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Request;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Walk;

/// <summary>
/// A running walk. It is not trusted: it gets its five descriptors and nothing else, and is killed, with what it started, whatever becomes of it. Used on one thread
/// from its start to its end: the kernel kills it when the thread that started it ends (the walk sets PR_SET_PDEATHSIG).
/// </summary>
internal sealed unsafe class WalkProcess : IDisposable
{
    private const uint NoMode = 0;

    private readonly int _processId;
    private readonly FileDescriptor _answer;
    private readonly FileDescriptor? _pidFd;
    private readonly SyscallException? _pidFdProblem;
    private bool _isReaped;

    private WalkProcess(int processId, FileDescriptor answer)
    {
        _processId = processId;
        _answer = answer;
        int fd = Libc.pidfd_open(processId, 0);
        _pidFdProblem = fd < 0 ? SyscallException.Last("pidfd_open", $"{processId}") : null;
        _pidFd = fd < 0 ? null : new FileDescriptor(fd);
    }

    /// <summary>Starts one.</summary>
    /// <param name="executable">Its path.</param>
    /// <param name="request">The encoded request, to be read from its beginning.</param>
    /// <param name="memory">The process's memory.</param>
    /// <param name="root">The process's root directory; null: it is ours.</param>
    /// <param name="limit">How long it may take; the kernel ends it by its processor time should nobody else.</param>
    /// <param name="trouble">What became of the walk before this one: the runtime is not asked again. Null: this is the first.</param>
    /// <exception cref="SyscallException">It cannot be started.</exception>
    public static WalkProcess Start(string executable, FileDescriptor request, FileDescriptor memory, FileDescriptor? root, TimeSpan limit, string? trouble)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0)
        {
            throw SyscallException.Last("pipe2");
        }

        FileDescriptor answer = new(ends[0]);
        using FileDescriptor answered = new(ends[1]);
        try
        {
            if (Libc.fcntl(answer.Number, F_SETFL, Libc.O_NONBLOCK) != 0)
            {
                throw SyscallException.Last("fcntl F_SETFL");
            }

            BeginAt(request, limit);

            int processId = Spawn(executable, trouble, [(request, 0), (answered, 1), (memory, WalkRequest.MemoryDescriptor), .. root is null ? [] : ((FileDescriptor, int)[])[(root, WalkRequest.RootDescriptor)]]);
            Limit(processId, limit);
            return new WalkProcess(processId, answer);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>Takes its answer.</summary>
    /// <param name="answer">Where to.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="sign">Called now and then.</param>
    /// <param name="signs">How often at least.</param>
    /// <returns>Why what came is none; null: it is whole, as far as its process's end tells.</returns>
    /// <exception cref="SyscallException">The answer cannot be waited for, or kept.</exception>
    public string? Take(AnswerBuffer answer, TimeSpan limit, TimeSpan signs, Action sign)
    {
        if (_pidFd is null)
        {
            throw _pidFdProblem!;
        }

        long began = Stopwatch.GetTimestamp();
        TimeSpan deadline = limit;
        bool isClosed = false;
        Libc.PollFd* wanted = stackalloc Libc.PollFd[2];
        while (true)
        {
            TimeSpan left = deadline - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                // A whole answer counts, however long its process takes to end.
                return isClosed ? null : $"it gave no answer within {limit.TotalSeconds:0.##} s";
            }

            wanted[0] = new Libc.PollFd { Fd = isClosed ? -1 : _answer.Number, Events = Libc.POLLIN };
            wanted[1] = new Libc.PollFd { Fd = _pidFd.Number, Events = Libc.POLLIN };
            int ready = Libc.poll(wanted, 2, (int)Math.Ceiling((left < signs ? left : signs).TotalMilliseconds));
            if (ready < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw SyscallException.Last("poll");
            }

            sign();
            // Looked at before the answer is read: what it wrote before its end is all there then.
            bool hasEnded = ready > 0 && wanted[1].ReturnedEvents != 0;
            if (!isClosed && ready > 0)
            {
                isClosed = Read(answer);
                deadline = isClosed && Stopwatch.GetElapsedTime(began) + StacksLimits.WalkEnd is var end && end < limit ? end : limit;
            }

            if (answer.IsTooLong)
            {
                return $"its answer has more than {StacksLimits.DocumentBytes} bytes";
            }

            if (hasEnded)
            {
                return Reap();
            }
        }
    }

    /// <summary>Ends it, and sees it gone; should it hang in the kernel, somebody else does.</summary>
    public void Dispose()
    {
        if (!_isReaped)
        {
            _ = Libc.kill(_processId, Libc.SIGKILL);
            KillGroup();
            Libc.PollFd wanted = new() { Fd = _pidFd?.Number ?? -1, Events = Libc.POLLIN };
            if (_pidFd is not null && Wait(&wanted))
            {
                _ = Reap();
            }
            else
            {
                ReapLater(_processId);
            }
        }

        _pidFd?.Dispose();
        _answer.Dispose();
    }

    private const int F_SETFL = 4;

    /// <returns>True: it is closed.</returns>
    private bool Read(AnswerBuffer answer)
    {
        while (!answer.IsTooLong)
        {
            Span<byte> room = answer.Room();
            nint count;
            fixed (byte* bytes = room)
            {
                count = Libc.read(_answer.Number, bytes, room.Length);
            }

            if (count <= 0)
            {
                return count == 0 || (Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR) ? throw SyscallException.Last("read", "the walk's answer") : false);
            }

            answer.Add((int)count);
        }

        return false;
    }

    private static bool Wait(Libc.PollFd* wanted)
    {
        long began = Stopwatch.GetTimestamp();
        int ready = 0;
        TimeSpan left;
        while (ready <= 0 && (left = StacksLimits.WalkEnd - Stopwatch.GetElapsedTime(began)) > TimeSpan.Zero)
        {
            ready = Libc.poll(wanted, 1, (int)Math.Ceiling(left.TotalMilliseconds));
        }

        return ready > 0;
    }

    // Its dead leader keeps the group's number until it is reaped: before that it is nobody else's.
    private void KillGroup() => _ = Libc.kill(-_processId, Libc.SIGKILL);

    /// <returns>What is wrong with how it ended; null: nothing.</returns>
    private string? Reap()
    {
        KillGroup();
        Libc.SigInfo info;
        int result;
        do
        {
            result = Libc.waitid(Libc.P_PIDFD, (uint)_pidFd!.Number, &info, Libc.WEXITED | Libc.__WALL);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

        // ECHILD: whoever started this handler had it ignore its children, and the kernel has reaped it.
        _isReaped = true;
        return result != 0 || (info.Code == Libc.CLD_EXITED && info.Status == 0) ? null
            : info.Code == Libc.CLD_EXITED ? $"it ended with exit status {info.Status}"
            : $"it was killed by {SignalNames.Name(info.Status)}";
    }

    // It hangs in the kernel, as on a dead file system: a thread that costs a few pages waits with it.
    private static void ReapLater(int processId) => new Thread(() =>
    {
        Libc.SigInfo info;
        while (Libc.waitid(Libc.P_PID, (uint)processId, &info, Libc.WEXITED | Libc.__WALL) != 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
            // A signal came in between.
        }
    }, maxStackSize: 1 << 16)
    { IsBackground = true, Name = "reap" }.Start();

    // From its beginning, wherever the walk before this one left off, and with the time that is left now.
    private static void BeginAt(FileDescriptor request, TimeSpan limit)
    {
        if (Libc.lseek(request.Number, 0, Libc.SEEK_SET) < 0)
        {
            throw SyscallException.Last("lseek", "the walk's request");
        }

        Span<byte> milliseconds = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(milliseconds, (uint)Math.Max(1, limit.TotalMilliseconds));
        using SafeFileHandle handle = new(request.Number, ownsHandle: false);
        RandomAccess.Write(handle, milliseconds, WalkRequestHeader.LimitOffset);
    }

    private static int Spawn(string executable, string? trouble, List<(FileDescriptor File, int Number)> files)
    {
        List<FileDescriptor> spare = [];
        byte* actions = stackalloc byte[Libc.SpawnFileActionsBytes];
        byte* attributes = stackalloc byte[Libc.SpawnAttributesBytes];
        Check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(Libc.posix_spawnattr_init(attributes), "posix_spawnattr_init");
        try
        {
            foreach ((FileDescriptor file, int number) in files)
            {
                int fd = Libc.fcntl(file.Number, Libc.F_DUPFD_CLOEXEC, StacksLimits.LowestSpareDescriptor);
                spare.Add(fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("fcntl F_DUPFD_CLOEXEC"));
                Check(Libc.posix_spawn_file_actions_adddup2(actions, fd, number), "posix_spawn_file_actions_adddup2");
            }

            Check(Libc.posix_spawn_file_actions_addopen(actions, 2, "/dev/null", Libc.O_WRONLY, NoMode), "posix_spawn_file_actions_addopen");
            // Whatever this handler inherited without knowing.
            Check(Libc.posix_spawn_file_actions_addclosefrom_np(actions, files[^1].Number + 1), "posix_spawn_file_actions_addclosefrom_np");
            Check(Libc.posix_spawn_file_actions_addchdir_np(actions, "/"), "posix_spawn_file_actions_addchdir_np");
            SetSignals(attributes);
            fixed (byte* name = "crash-handler-walk\0"u8)
            fixed (byte* text = trouble is null ? null : Encoding.UTF8.GetBytes(trouble + '\0'))
            {
                byte** arguments = stackalloc byte*[] { name, text, null };
                byte** environment = stackalloc byte*[] { null };
                int processId;
                int error = Libc.posix_spawn(&processId, executable, actions, attributes, arguments, environment);
                return error == 0 ? processId : throw new SyscallException("posix_spawn", error, executable, error == Libc.ENOENT ? "it belongs beside crash-handler: install the package whole" : null);
            }
        }
        finally
        {
            _ = Libc.posix_spawnattr_destroy(attributes);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            spare.ForEach(file => file.Dispose());
        }
    }

    // Nothing of this handler's: no blocked or ignored signal, and a group of its own, to be killed whole.
    private static void SetSignals(byte* attributes)
    {
        byte* signals = stackalloc byte[Libc.SignalSetBytes];
        new Span<byte>(signals, Libc.SignalSetBytes).Clear();
        Check(Libc.posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr_setsigmask");
        new Span<byte>(signals, Libc.SignalSetBytes).Fill(byte.MaxValue);
        Check(Libc.posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr_setsigdefault");
        Check(Libc.posix_spawnattr_setpgroup(attributes, 0), "posix_spawnattr_setpgroup");
        Check(Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETPGROUP | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK), "posix_spawnattr_setflags");
    }

    // The walk limits itself, before it opens anything of the process's choice. This is for one that does not, or whose handler is killed; where the kernel refuses,
    // it has become somebody else's by then, and has limited itself.
    private static void Limit(int processId, TimeSpan limit)
    {
        Libc.RLimit none = new(0);
        Libc.RLimit seconds = new((ulong)Math.Ceiling(limit.TotalSeconds) * StacksLimits.ProcessorTimes);
        _ = Libc.prlimit64(processId, Libc.RLIMIT_CORE, &none, null);
        _ = Libc.prlimit64(processId, Libc.RLIMIT_CPU, &seconds, null);
    }

    private static void Check(int error, string call)
    {
        if (error != 0)
        {
            throw new SyscallException(call, error);
        }
    }
}
