using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// A process whose threads stand still, all but the reporting one, so that a snapshot of it is of one moment. Where ptrace is
/// refused nothing stands still, and the snapshot is what can be had without. A process that lives on has no reporting thread: all of it stands still, or
/// there is no snapshot.
/// </summary>
/// <remarks>
/// Used on one OS thread from <see cref="Freeze"/> to <see cref="Dispose"/>: the kernel knows a tracer by its thread. If that
/// thread ends early the kernel lets the process go.
/// </remarks>
internal sealed class FrozenProcess : IDisposable
{
    // No tid.
    private const int NoThread = 0;

    private readonly CaptureRequest _request;
    private readonly CrashNotice? _notice;
    private readonly CaptureFailSpots _failSpots;
    private readonly Action<CaptureStep>? _progress;
    private readonly SoftErrorList _errors = new();
    private readonly int _osThread = Environment.CurrentManagedThreadId;
    private readonly int _reporter;
    private readonly bool _reporterIsKnown;
    private readonly bool _sameNamespace;
    private readonly int _innerPid;
    private readonly int _innerTid;
    private readonly byte[] _status = [];
    private readonly ThreadFreezer _freezer;
    private ProcStatFields _stat;
    private long _began;
    private HandedFiles? _handed;
    private bool _hasAsked;
    private bool _disposed;

    private FrozenProcess(CaptureRequest request, CaptureFailSpots failSpots, Action<CaptureStep>? progress)
    {
        _request = request;
        _notice = request.Notice is { } notice ? CrashNotice.Parse(notice) : null;
        _failSpots = failSpots;
        _progress = progress;
        byte[] status = [];
        _errors.Try(CaptureStep.ProcFile, "status", () => status = ReadFile($"/proc/{request.ProcessId}/status"));
        _status = status;
        List<int> pids = ProcStatus.NamespacePids(status);
        _sameNamespace = pids.Count <= 1;
        _innerPid = _notice?.ProcessId ?? (pids.Count > 0 ? pids[^1] : request.ProcessId);
        _innerTid = _notice?.ThreadId ?? request.Requester;
        int? reporter = _innerTid == NoThread ? null : FindReporter();
        _reporterIsKnown = reporter is not null;
        _reporter = reporter ?? (_notice is null ? FindLiving() : request.ProcessId);
        _freezer = new ThreadFreezer(request.ProcessId, _notice is null ? NoThread : _reporter, _errors, failSpots);
    }

    /// <summary>Every thread but the reporting one was asked to stop, and ptrace was not refused.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>How long the threads stood still, from the first one's stop to the last one's release; after <see cref="Dispose"/>.</summary>
    public TimeSpan FrozenTime { get; private set; }

    /// <summary>
    /// After <see cref="Dispose"/>: a thread neither stopped nor died in time (state D, as on a dead network file system), and only
    /// the end of the calling OS thread lets it go. It must not be used for another capture.
    /// </summary>
    public bool TracerThreadMustEnd => _freezer.HoldsThreads;

    private string ReporterDirectory => $"/proc/{_request.ProcessId}/task/{_reporter}";

    /// <summary>Stops the process's threads, all but the reporting one, if there is one.</summary>
    /// <param name="request">Which process.</param>
    /// <param name="failSpots">A test's hook: steps that fail.</param>
    /// <param name="progress">Called on this thread when a step begins.</param>
    /// <exception cref="CaptureException">The process is gone, its start time differs, or it has no reporting thread and does not let itself be stopped.</exception>
    /// <exception cref="MalformedFrameException">The notice is none.</exception>
    public static FrozenProcess Freeze(CaptureRequest request, CaptureFailSpots? failSpots = null, Action<CaptureStep>? progress = null)
    {
        progress?.Invoke(CaptureStep.Identity);
        RequireSameProcess(request);
        FrozenProcess process = new(request, failSpots ?? CaptureFailSpots.None, progress);
        try
        {
            process.Stop();

            // Between the first look and the stop the pid may have become another process's; from here on it cannot.
            process._stat = RequireSameProcess(request);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Copies out of the process what a report needs. Whatever fails is a soft error.</summary>
    /// <exception cref="InvalidOperationException">Called on another thread than <see cref="Freeze"/>, or after <see cref="Dispose"/>.</exception>
    public ProcessSnapshot TakeSnapshot()
    {
        if (_disposed || Environment.CurrentManagedThreadId != _osThread)
        {
            throw new InvalidOperationException("a frozen process is read on the thread that froze it, before it is let go");
        }

        SnapshotMemory storage = new();
        try
        {
            return TakeSnapshot(storage);
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    private ProcessSnapshot TakeSnapshot(SnapshotMemory storage)
    {
        using RemoteMemory memory = new(_reporter, ReporterDirectory, _errors, storage, () => HandedOver()?.Memory, _failSpots);
        Dictionary<ProcFile, byte[]> files = [];
        List<ThreadSnapshot> threads = ReadThreads();
        MemoryMap? map = ReadMap(files);
        ulong? entry = ReadEntry(files);
        string executable = "";
        _errors.Try(CaptureStep.ProcFile, "exe", () => executable = ProcFs.ReadLink($"{ReporterDirectory}/exe"));
        List<ModuleSnapshot> modules = ReadModules(map, memory, entry, executable, out IReadOnlyList<MemorySnapshot> headers);
        if (executable.Length == 0 && entry is not null && modules.Count > 0)
        {
            executable = modules[0].Path;
        }

        _progress?.Invoke(CaptureStep.Stack);
        List<MemorySnapshot> collected = new MemoryCollector(memory, map, EnvironmentStart(files), _errors, _failSpots).Collect(threads, _request.SanitizeStacks);
        ReadFiles(files);
        List<DescriptorSnapshot> descriptors = [];
        _errors.Try(CaptureStep.Descriptors, "fd", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Descriptors);
            descriptors = DescriptorReader.Read($"{ReporterDirectory}/fd", _errors);
        });
        (DateTimeOffset start, TimeSpan user, TimeSpan kernel) = ReadTimes();
        return new ProcessSnapshot
        {
            Storage = storage,
            ProcessId = _innerPid,
            Time = _notice is { } notice ? NoticeReader.ReadTime(notice) : DateTimeOffset.UtcNow,
            StartTime = start,
            UserTime = user,
            KernelTime = kernel,
            ExecutablePath = executable,
            System = ReadSystem(),
            Exception = ReadException(threads[0]),
            Threads = threads,
            Modules = modules,
            Memory = [.. collected, .. headers],
            Mappings = [.. (map?.Mappings ?? []).Select(mapping =>
                new MappingSnapshot(mapping.Start, mapping.End - mapping.Start, mapping.Readable, mapping.Writable, mapping.Executable, mapping.Shared))],
            Descriptors = descriptors,
            ProcFiles = files,
            Access = memory is { IsRefused: true, HasRead: false } ? CaptureAccess.NoticeOnly : memory.IsHandedOver ? CaptureAccess.HandedOver : IsFrozen ? CaptureAccess.Frozen : CaptureAccess.Running,
            SoftErrors = _errors.ToArray(),
        };
    }

    /// <summary>Opens the process's memory for somebody else: as the snapshot was read, or as the process itself handed it over.</summary>
    /// <exception cref="CaptureException">The process is gone.</exception>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public FileDescriptor OpenMemory()
    {
        if (_handed?.Memory is { } handed)
        {
            int fd = Libc.fcntl(handed.Number, Libc.F_DUPFD_CLOEXEC, 0);
            return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("fcntl F_DUPFD_CLOEXEC");
        }

        return OpenOwn("mem", Libc.O_RDONLY);
    }

    /// <summary>Opens the process's root directory, as a place to begin at.</summary>
    /// <returns>Null: it is this handler's own.</returns>
    /// <exception cref="CaptureException">The process is gone.</exception>
    /// <exception cref="SyscallException">It cannot be opened or looked at.</exception>
    public FileDescriptor? OpenOtherRoot()
    {
        FileDescriptor? root = null;
        try
        {
            root = OpenOwn("root", Libc.O_PATH | Libc.O_DIRECTORY);
            using FileDescriptor own = ProcFs.Open("/", Libc.O_PATH | Libc.O_DIRECTORY);
            // The same directory in another mount namespace may have other things mounted below it.
            if (FileIdentity.Of(root, "root") == FileIdentity.Of(own, "/")
                && ProcFs.ReadLinkBytes($"{ReporterDirectory}/ns/mnt").AsSpan().SequenceEqual(ProcFs.ReadLinkBytes("/proc/self/ns/mnt")))
            {
                root.Dispose();
                return null;
            }

            return root;
        }
        catch (SyscallException closed) when (closed.Errno == Libc.EACCES)
        {
            // Who has changed his root is no process that this handler is not allowed to look into (as for attachments).
            root?.Dispose();
            return null;
        }
        catch
        {
            root?.Dispose();
            throw;
        }
    }

    // By its path, which may have become another process's while nobody looked: so looked at once more when it is open.
    private FileDescriptor OpenOwn(string name, int flags)
    {
        FileDescriptor file = ProcFs.Open($"{ReporterDirectory}/{name}", flags);
        try
        {
            RequireSameProcess(_request);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Lets every thread go, always; never throws.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _handed?.Dispose();
            _freezer.Detach();
            FrozenTime = Stopwatch.GetElapsedTime(_began);
        }
    }

    private static ProcStatFields RequireSameProcess(CaptureRequest request)
    {
        ProcStatFields stat;
        try
        {
            stat = ProcStat.Read($"/proc/{request.ProcessId}/stat");
        }
        catch (Exception error) when (error is SyscallException or InvalidDataException)
        {
            throw new CaptureException(CaptureStep.Identity, request.ProcessId, $"it is gone: {error.Message}", error);
        }

        return stat.StartTime == request.StartTime
            ? stat
            : throw new CaptureException(CaptureStep.Identity, request.ProcessId,
                $"its pid is another process's by now (start time {stat.StartTime} instead of {request.StartTime})");
    }

    private void Stop()
    {
        _progress?.Invoke(CaptureStep.Seize);
        string process = $"process {_request.ProcessId}";
        _began = Stopwatch.GetTimestamp();
        if (_notice is null)
        {
            StopAll();
            return;
        }

        if (!_reporterIsKnown)
        {
            _errors.Add(CaptureStep.Seize, process,
                $"not frozen: it has no thread that sees itself as {_innerTid}, and the reporting thread must not be stopped");
            return;
        }

        _errors.Try(CaptureStep.Stop, process, () =>
        {
            _freezer.Stop();
            IsFrozen = _freezer.Refusal is null;
        });
        if (_freezer.Refusal is { } refusal)
        {
            int tracer = ProcStatus.TracerPid(_status);
            _errors.Add(CaptureStep.Seize, process, $"not frozen: {refusal.Message}{(tracer == 0 ? "" : $"; process {tracer} traces it")}");
        }
    }

    private void StopAll()
    {
        _freezer.Stop();
        IsFrozen = _freezer.Stopped.Any();
        if (!IsFrozen)
        {
            throw new CaptureException(CaptureStep.Seize, _request.ProcessId, TraceRefusal.Explain(_request.ProcessId, _status, _freezer.Refusal), _freezer.Refusal);
        }
    }

    /// <summary>A thread through which the process can be looked at: its leader may have exited before it.</summary>
    private int FindLiving()
    {
        int living = _request.ProcessId;
        _errors.Try(CaptureStep.Threads, $"process {_request.ProcessId}", () =>
            living = ProcFs.ListThreads(_request.ProcessId).FirstOrDefault(tid => !ProcStat.Read($"/proc/{_request.ProcessId}/task/{tid}/stat").IsDead, living));
        return living;
    }

    /// <summary>The reporting thread's tid in the handler's namespace; null if there is none.</summary>
    private int? FindReporter()
    {
        if (_sameNamespace)
        {
            return ProcFs.Exists($"/proc/{_request.ProcessId}/task/{_innerTid}") ? _innerTid : null;
        }

        int? found = null;
        _errors.Try(CaptureStep.Threads, $"reporting thread {_innerTid}", () =>
        {
            foreach (int tid in ProcFs.ListThreads(_request.ProcessId))
            {
                if (InnerTid(tid) == _innerTid)
                {
                    found = tid;
                    break;
                }
            }
        });
        return found;
    }

    /// <summary>A thread's tid as the process sees it; null if that cannot be read.</summary>
    private int? InnerTid(int tid)
    {
        if (_sameNamespace)
        {
            return tid;
        }

        int? inner = null;
        _errors.Try(CaptureStep.ThreadName, $"tid {tid}", () =>
        {
            List<int> pids = ProcStatus.NamespacePids(ProcFs.Read($"/proc/{_request.ProcessId}/task/{tid}/status", CaptureLimits.ProcFileBytes, out _));
            inner = pids.Count > 0 ? pids[^1] : throw new InvalidDataException("its status has no NSpid");
        });
        return inner;
    }

    /// <summary>Reads a file of a report; what lies above the limit is cut and said so.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    private byte[] ReadWhole(string path, int limit)
    {
        byte[] bytes = ProcFs.Read(path, limit, out bool truncated);
        NoteCut(path, limit, truncated);
        return bytes;
    }

    /// <summary>Reads a file that is taken as it is.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    private byte[] ReadFile(string path)
    {
        _failSpots.Pass(CaptureFailSpots.ProcFiles);
        return ReadWhole(path, CaptureLimits.ProcFileBytes);
    }

    private void NoteCut(string path, int limit, bool truncated)
    {
        if (truncated)
        {
            _errors.Add(CaptureStep.ProcFile, path, $"cut at {limit} bytes");
        }
    }

    private List<ThreadSnapshot> ReadThreads()
    {
        _progress?.Invoke(CaptureStep.Threads);
        HashSet<int> stopped = [.. _freezer.Stopped];
        List<ThreadSnapshot> threads = [ReadFirst(stopped)];
        int first = threads[0].ThreadId;
        IEnumerable<int> tids = _freezer.Threads;
        if (!_reporterIsKnown && _notice is not null)
        {
            tids = [];
            _errors.Try(CaptureStep.Threads, $"process {_request.ProcessId}", () => tids = ProcFs.ListThreads(_request.ProcessId));
        }

        List<(int Tid, string Name)> others = [.. tids.Select(tid => (tid, ReadName(tid)))];
        if (others.Count >= CaptureLimits.MaxThreads)
        {
            int room = CaptureLimits.MaxThreads - 1;
            _errors.Add(CaptureStep.Threads, $"process {_request.ProcessId}", $"{others.Count - room} threads left out (limit {CaptureLimits.MaxThreads})");
            string common = threads[0].Name;

            // Threads without a name of their own have their process's.
            others = [.. others.OrderBy(thread => thread.Name.Length == 0 || thread.Name == common).ThenBy(thread => thread.Tid).Take(room)];
        }

        foreach ((int tid, string name) in others)
        {
            if (InnerTid(tid) is { } inner && inner != first)
            {
                threads.Add(new ThreadSnapshot { ThreadId = inner, Name = name, Registers = ReadRegisters(tid, stopped), Stack = null });
            }
        }

        return threads;
    }

    private ThreadSnapshot ReadFirst(HashSet<int> stopped) => new()
    {
        ThreadId = _notice is not null ? _innerTid : InnerTid(_reporter) ?? _reporter,
        Name = _reporterIsKnown || _notice is null ? ReadName(_reporter) : "",
        Registers = _notice is { } notice ? NoticeReader.ReadRegisters(notice, _request.Notice) : ReadRegisters(_reporter, stopped),
        Stack = null,
    };

    private Amd64Registers? ReadRegisters(int tid, HashSet<int> stopped)
    {
        Amd64Registers? registers = null;
        if (stopped.Contains(tid))
        {
            _errors.Try(CaptureStep.ThreadRegisters, $"tid {tid}", () =>
            {
                _failSpots.Pass(CaptureFailSpots.Registers);
                registers = ThreadRegisters.Read(tid, _errors);
            });
        }

        return registers;
    }

    /// <summary>What happened: the notice says; else, if a thread asked, that it did.</summary>
    private ExceptionSnapshot? ReadException(ThreadSnapshot first)
    {
        if (_notice is { } notice)
        {
            return NoticeReader.ReadException(notice, _request.Notice, first.Registers!);
        }

        return !_reporterIsKnown || first.Registers is not { } registers ? null
            : new ExceptionSnapshot { ThreadId = first.ThreadId, Signal = ExceptionSnapshot.DumpRequested, Code = 0, Address = registers.Rip, Registers = registers };
    }

    private string ReadName(int tid)
    {
        string name = "";
        _errors.Try(CaptureStep.ThreadName, $"tid {tid}", () =>
        {
            _failSpots.Pass(CaptureFailSpots.ThreadName);
            Span<byte> comm = stackalloc byte[CaptureLimits.CommBytes];
            comm = comm[..ProcFs.ReadShort($"/proc/{_request.ProcessId}/task/{tid}/comm", comm)];
            name = Encoding.UTF8.GetString(comm.TrimEnd((byte)'\n'));
        });
        return name;
    }

    /// <summary>What the process has opened itself, asked for once; null: nothing.</summary>
    private HandedFiles? HandedOver()
    {
        if (_hasAsked || _request.AskForMemory is not { } ask)
        {
            return _handed;
        }

        _hasAsked = true;
        _progress?.Invoke(CaptureStep.HandOver);
        _errors.Try(CaptureStep.HandOver, "process", () =>
        {
            _failSpots.Pass(CaptureFailSpots.HandOver);
            _handed = ask();
            _handed.Check($"/{_request.ProcessId}/task/{_reporter}", $"/{_innerPid}/task/{_innerTid}");
            foreach (string problem in _handed.Problems)
            {
                _errors.Add(CaptureStep.HandOver, "process", problem);
            }
        });
        return _handed;
    }

    /// <summary>Reads a file of the process, through what it has opened itself where it is closed to the handler.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    private byte[] ReadOwn(string name, int limit, Func<HandedFiles, FileDescriptor?> handed)
    {
        string path = $"{ReporterDirectory}/{name}";
        try
        {
            return ReadWhole(path, limit);
        }
        catch (SyscallException error) when (error.Errno is Libc.EACCES or Libc.EPERM)
        {
            if (HandedOver() is not { } files || handed(files) is not { } file)
            {
                throw;
            }

            byte[] bytes = ProcFs.Read(file, path, limit, out bool truncated);
            NoteCut(path, limit, truncated);
            return bytes;
        }
    }

    /// <summary>Where the environment begins; 0: it is not known.</summary>
    private ulong EnvironmentStart(Dictionary<ProcFile, byte[]> files)
    {
        // A process that is closed to the handler does not say it in its stat.
        return _stat.EnvironmentStart != 0 || !files.TryGetValue(ProcFile.AuxiliaryVector, out byte[]? vector) ? _stat.EnvironmentStart
            : AuxiliaryVector.Find(vector, AuxiliaryVector.Random) ?? 0;
    }

    private MemoryMap? ReadMap(Dictionary<ProcFile, byte[]> files)
    {
        _progress?.Invoke(CaptureStep.Maps);
        MemoryMap? map = null;
        _errors.Try(CaptureStep.Maps, "maps", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Maps);
            byte[] maps = ReadOwn("maps", CaptureLimits.MapsBytes, handed => handed.Maps);
            if (maps.Length == 0)
            {
                throw new InvalidDataException("it is empty: the process has given up its memory");
            }

            files[ProcFile.Maps] = maps;
            map = MemoryMap.Parse(maps);
        });
        return map;
    }

    private ulong? ReadEntry(Dictionary<ProcFile, byte[]> files)
    {
        ulong? entry = null;
        _errors.Try(CaptureStep.AuxiliaryVector, "auxv", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Auxv);
            byte[] vector = ReadOwn("auxv", CaptureLimits.ProcFileBytes, handed => handed.AuxiliaryVector);
            files[ProcFile.AuxiliaryVector] = vector;
            entry = AuxiliaryVector.Find(vector, AuxiliaryVector.Entry);
        });
        return entry;
    }

    private List<ModuleSnapshot> ReadModules(MemoryMap? map, RemoteMemory memory, ulong? entry, string executable, out IReadOnlyList<MemorySnapshot> headers)
    {
        _progress?.Invoke(CaptureStep.Modules);
        List<ModuleSnapshot> modules = [];
        IReadOnlyList<MemorySnapshot> found = [];
        if (map is not null)
        {
            _errors.Try(CaptureStep.Modules, "modules", () =>
            {
                ModuleFinder finder = new(map, memory, $"{ReporterDirectory}/root", _errors, _failSpots, $"/proc/{_reporter}/map_files");
                modules = finder.Find(entry, executable);
                found = finder.Headers;
            });
        }

        headers = found;
        return modules;
    }

    private void ReadFiles(Dictionary<ProcFile, byte[]> files)
    {
        _progress?.Invoke(CaptureStep.ProcFile);
        if (_status.Length > 0)
        {
            files[ProcFile.Status] = _status;
        }

        _errors.Try(CaptureStep.ProcFile, "cmdline", () =>
            files[ProcFile.CommandLine] = ReadFile($"{ReporterDirectory}/cmdline"));
        _errors.Try(CaptureStep.ProcFile, "limits", () =>
            files[ProcFile.Limits] = ReadFile($"{ReporterDirectory}/limits"));
        if (_request.IncludeEnvironment)
        {
            _errors.Try(CaptureStep.ProcFile, "environ", () =>
                files[ProcFile.Environment] = ReadFile($"{ReporterDirectory}/environ"));
        }

        _errors.Try(CaptureStep.ProcFile, "cpuinfo", () =>
        {
            _failSpots.Pass(CaptureFailSpots.CpuInfo);
            files[ProcFile.CpuInfo] = Machine.CpuInfo;
        });
        _errors.Try(CaptureStep.ProcFile, "os-release", () => files[ProcFile.OsRelease] = ReadOsRelease());
    }

    /// <summary>The process's own, which in a container differs from the handler's; else the handler's.</summary>
    private byte[] ReadOsRelease()
    {
        string[] paths = [$"{ReporterDirectory}/root/etc/lsb-release", $"{ReporterDirectory}/root/etc/os-release", "/etc/lsb-release", "/etc/os-release"];
        List<string> causes = [];
        foreach (string path in paths)
        {
            if (!ProcFs.Exists(path))
            {
                causes.Add($"there is no {path}");
                continue;
            }

            try
            {
                return ReadFile(path);
            }
            catch (SyscallException error)
            {
                causes.Add(error.Message);
            }
        }

        throw new InvalidDataException(string.Join("; ", causes));
    }

    private (DateTimeOffset Start, TimeSpan User, TimeSpan Kernel) ReadTimes()
    {
        (DateTimeOffset, TimeSpan, TimeSpan) times = (DateTimeOffset.UnixEpoch, TimeSpan.Zero, TimeSpan.Zero);
        _errors.Try(CaptureStep.Times, "stat", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Times);
            times = (Machine.BootTime() + Ticks(_stat.StartTime), Ticks(_stat.UserTicks), Ticks(_stat.KernelTicks));
        });
        return times;
    }

    private static TimeSpan Ticks(ulong ticks) => TimeSpan.FromTicks((long)ticks * (TimeSpan.TicksPerSecond / ProcStat.TicksPerSecond));

    private SystemSnapshot ReadSystem()
    {
        SystemSnapshot? system = null;
        _errors.Try(CaptureStep.Machine, "uname", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Machine);
            system = Machine.System;
        });
        return system ?? new SystemSnapshot { SystemName = "Linux", Release = "", Version = "", Machine = "x86_64", ProcessorCount = Environment.ProcessorCount };
    }
}
