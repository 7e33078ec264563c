using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// A process whose threads stand still, all but the reporting one, so that a snapshot of it is of one moment. Where ptrace is
/// refused nothing stands still, and the snapshot is what can be had without.
/// </summary>
/// <remarks>
/// Used on one OS thread from <see cref="Freeze"/> to <see cref="Dispose"/>: the kernel knows a tracer by its thread. If that
/// thread ends early the kernel lets the process go.
/// </remarks>
internal sealed class FrozenProcess : IDisposable
{
    private readonly CaptureRequest _request;
    private readonly CrashNotice _notice;
    private readonly CaptureFailSpots _failSpots;
    private readonly Action<CaptureStep>? _progress;
    private readonly SoftErrorList _errors = new();
    private readonly int _osThread = Environment.CurrentManagedThreadId;
    private readonly int _reporter;
    private readonly bool _reporterIsKnown;
    private readonly bool _sameNamespace;
    private readonly byte[] _status = [];
    private readonly ThreadFreezer _freezer;
    private bool _disposed;

    private FrozenProcess(CaptureRequest request, CaptureFailSpots failSpots, Action<CaptureStep>? progress)
    {
        _request = request;
        _notice = CrashNotice.Parse(request.Notice);
        _failSpots = failSpots;
        _progress = progress;
        byte[] status = [];
        _errors.Try(CaptureStep.ProcFile, "status", () => status = ReadWhole($"/proc/{request.ProcessId}/status", CaptureLimits.ProcFileBytes));
        _status = status;
        List<int> pids = ProcStatus.NamespacePids(status);
        _sameNamespace = pids.Count <= 1;
        int? reporter = FindReporter();
        _reporterIsKnown = reporter is not null;
        _reporter = reporter ?? request.ProcessId;
        _freezer = new ThreadFreezer(request.ProcessId, _reporter, _errors, failSpots);
    }

    /// <summary>Every thread but the reporting one was asked to stop, and ptrace was not refused.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>
    /// After <see cref="Dispose"/>: a thread neither stopped nor died in time (state D, as on a dead network file system), and only
    /// the end of the calling OS thread lets it go. It must not be used for another capture.
    /// </summary>
    public bool TracerThreadMustEnd => _freezer.HoldsThreads;

    private string ReporterDirectory => $"/proc/{_request.ProcessId}/task/{_reporter}";

    /// <summary>Stops the process's threads, all but the reporting one.</summary>
    /// <param name="request">Which process.</param>
    /// <param name="failSpots">A test's hook: steps that fail.</param>
    /// <param name="progress">Called on this thread when a step begins.</param>
    /// <exception cref="CaptureException">The process is gone, or its start time differs.</exception>
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
            RequireSameProcess(request);
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

        using RemoteMemory memory = new(_reporter, ReporterDirectory, _errors);
        Dictionary<ProcFile, byte[]> files = [];
        List<ThreadSnapshot> threads = ReadThreads();
        MemoryMap? map = ReadMap(files);
        ulong? entry = ReadEntry(files);
        string executable = "";
        _errors.Try(CaptureStep.ProcFile, "exe", () => executable = ProcFs.ReadLink($"{ReporterDirectory}/exe"));
        List<ModuleSnapshot> modules = ReadModules(map, memory, entry, executable);
        List<MemorySnapshot> window = ReadMemory(map, memory, threads);
        ReadFiles(files);
        (DateTimeOffset start, TimeSpan user, TimeSpan kernel) = ReadTimes();
        return new ProcessSnapshot
        {
            ProcessId = _notice.ProcessId,
            Time = _notice.Time == 0
                ? DateTimeOffset.UtcNow
                : DateTimeOffset.UnixEpoch.AddTicks(_notice.Time / TimeSpan.NanosecondsPerTick),
            StartTime = start,
            UserTime = user,
            KernelTime = kernel,
            ExecutablePath = executable,
            System = ReadSystem(),
            Exception = NoticeReader.ReadException(_notice, _request.Notice, threads[0].Registers!),
            Threads = threads,
            Modules = modules,
            Memory = window,
            ProcFiles = files,
            SoftErrors = _errors.ToArray(),
        };
    }

    /// <summary>Lets every thread go, always; never throws.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _freezer.Detach();
        }
    }

    private static void RequireSameProcess(CaptureRequest request)
    {
        ulong startTime;
        try
        {
            startTime = ProcStat.ReadStartTime(request.ProcessId);
        }
        catch (Exception error) when (error is SyscallException or InvalidDataException)
        {
            throw new CaptureException(CaptureStep.Identity, request.ProcessId, $"it is gone: {error.Message}", error);
        }

        if (startTime != request.StartTime)
        {
            throw new CaptureException(CaptureStep.Identity, request.ProcessId,
                $"its pid is another process's by now (start time {startTime} instead of {request.StartTime})");
        }
    }

    private void Stop()
    {
        _progress?.Invoke(CaptureStep.Seize);
        string process = $"process {_request.ProcessId}";
        if (!_reporterIsKnown)
        {
            _errors.Add(CaptureStep.Seize, process,
                $"not frozen: it has no thread that sees itself as {_notice.ThreadId}, and the reporting thread must not be stopped");
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

    /// <summary>The reporting thread's tid in the handler's namespace; null if there is none.</summary>
    private int? FindReporter()
    {
        int? found = null;
        _errors.Try(CaptureStep.Threads, $"reporting thread {_notice.ThreadId}", () =>
        {
            foreach (int tid in ProcFs.ListThreads(_request.ProcessId))
            {
                if (InnerTid(tid) == _notice.ThreadId)
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
        if (truncated)
        {
            _errors.Add(CaptureStep.ProcFile, path, $"cut at {limit} bytes");
        }

        return bytes;
    }

    private List<ThreadSnapshot> ReadThreads()
    {
        _progress?.Invoke(CaptureStep.Threads);
        List<ThreadSnapshot> threads =
        [
            new ThreadSnapshot
            {
                ThreadId = _notice.ThreadId,
                Name = _reporterIsKnown ? ReadName(_reporter) : "",
                Registers = NoticeReader.ReadRegisters(_notice, _request.Notice),
                Stack = null,
            },
        ];
        HashSet<int> stopped = [.. _freezer.Stopped];
        IEnumerable<int> tids = _freezer.Threads;
        if (!_reporterIsKnown)
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
            Amd64Registers? registers = null;
            if (stopped.Contains(tid))
            {
                _errors.Try(CaptureStep.ThreadRegisters, $"tid {tid}", () =>
                {
                    _failSpots.Pass(CaptureFailSpots.Registers);
                    registers = ThreadRegisters.Read(tid, _errors);
                });
            }

            if (InnerTid(tid) is { } inner && inner != _notice.ThreadId)
            {
                threads.Add(new ThreadSnapshot { ThreadId = inner, Name = name, Registers = registers, Stack = null });
            }
        }

        return threads;
    }

    private string ReadName(int tid)
    {
        string name = "";
        _errors.Try(CaptureStep.ThreadName, $"tid {tid}", () =>
        {
            _failSpots.Pass(CaptureFailSpots.ThreadName);
            byte[] comm = ProcFs.Read($"/proc/{_request.ProcessId}/task/{tid}/comm", CaptureLimits.ProcFileBytes, out _);
            name = Encoding.UTF8.GetString(comm.AsSpan().TrimEnd((byte)'\n'));
        });
        return name;
    }

    private MemoryMap? ReadMap(Dictionary<ProcFile, byte[]> files)
    {
        _progress?.Invoke(CaptureStep.Maps);
        MemoryMap? map = null;
        _errors.Try(CaptureStep.Maps, "maps", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Maps);
            byte[] maps = ReadWhole($"{ReporterDirectory}/maps", CaptureLimits.MapsBytes);
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
            byte[] vector = ReadWhole($"{ReporterDirectory}/auxv", CaptureLimits.ProcFileBytes);
            files[ProcFile.AuxiliaryVector] = vector;
            entry = AuxiliaryVector.Find(vector, AuxiliaryVector.Entry);
        });
        return entry;
    }

    private List<ModuleSnapshot> ReadModules(MemoryMap? map, RemoteMemory memory, ulong? entry, string executable)
    {
        _progress?.Invoke(CaptureStep.Modules);
        List<ModuleSnapshot> modules = [];
        if (map is not null)
        {
            _errors.Try(CaptureStep.Modules, "modules", () =>
                modules = new ModuleFinder(map, memory, $"{ReporterDirectory}/root", _errors, _failSpots).Find(entry, executable));
        }

        return modules;
    }

    /// <summary>Reads the stacks into <paramref name="threads"/>, and the bytes around the crashed instruction.</summary>
    private List<MemorySnapshot> ReadMemory(MemoryMap? map, RemoteMemory memory, List<ThreadSnapshot> threads)
    {
        _progress?.Invoke(CaptureStep.Stack);
        StackRange?[] stacks = new StackRange?[threads.Count];
        _errors.Try(CaptureStep.Stack, "stacks", () =>
        {
            _failSpots.Pass(CaptureFailSpots.Stack);
            stacks = PlanStacks(map, threads);
        });
        MemoryRead?[] reads = [.. stacks.Select(stack => stack is { } range ? new MemoryRead(range.Start, (int)range.Length) : null)];
        StackRange? window = null;
        _errors.Try(CaptureStep.InstructionWindow, "crashed thread", () => window = PlanWindow(map, stacks, threads[0].Registers!.Rip));
        MemoryRead? windowRead = window is { } around ? new MemoryRead(around.Start, (int)around.Length) : null;
        memory.Read([.. reads.Append(windowRead).OfType<MemoryRead>()]);
        for (int i = 0; i < threads.Count; i++)
        {
            if (reads[i] is { } read)
            {
                threads[i] = threads[i] with { Stack = read.ToSnapshot() };
                NotePartial(CaptureStep.Stack, $"tid {threads[i].ThreadId}", read, map);
            }
        }

        if (windowRead is null)
        {
            return [];
        }

        NotePartial(CaptureStep.InstructionWindow, "crashed thread", windowRead, map);
        return windowRead.ToSnapshot() is { } bytes ? [bytes] : [];
    }

    private void NotePartial(CaptureStep step, string subject, MemoryRead read, MemoryMap? map)
    {
        // Without the mappings the end of a range is a guess, and a short read no loss that is known of.
        if (!read.IsWhole && (map is not null || read.Count == 0))
        {
            _errors.Add(step, subject, $"{read.Count} of {read.Buffer.Length} bytes at 0x{read.Address:x} could be read");
        }
    }

    private StackRange?[] PlanStacks(MemoryMap? map, List<ThreadSnapshot> threads)
    {
        StackRange?[] stacks = new StackRange?[threads.Count];
        for (int i = 0; i < threads.Count; i++)
        {
            if (threads[i].Registers is not { } registers)
            {
                continue;
            }

            // Without the mappings: as much as there is, up to the limit.
            ulong start = registers.Rsp - Math.Min(registers.Rsp, CaptureLimits.RedZoneBytes);
            ulong blind = (ulong)(i == 0 ? CaptureLimits.CrashedStackBytes : CaptureLimits.StackBytes);
            stacks[i] = map is not null
                ? StackFinder.Find(map, registers.Rsp)
                : new StackRange(start, start + Math.Min(blind, ulong.MaxValue - start));
            if (stacks[i] is null)
            {
                _errors.Add(CaptureStep.Stack, $"tid {threads[i].ThreadId}", $"its stack pointer 0x{registers.Rsp:x} is in no mapping, nor near one");
            }
        }

        StackFinder.Separate(stacks);
        int[] allotted = StackFinder.Allot([.. stacks.Select(stack => stack?.Length ?? 0)]);
        for (int i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] is { } stack && (ulong)allotted[i] < stack.Length)
            {
                _errors.Add(CaptureStep.Stack, $"tid {threads[i].ThreadId}", $"cut from {stack.Length} to {allotted[i]} bytes");
                stacks[i] = stack with { End = stack.Start + (ulong)allotted[i] };
            }
        }

        return stacks;
    }

    /// <summary>The bytes around the crashed instruction, in its mapping, as far as no stack holds them already.</summary>
    private StackRange? PlanWindow(MemoryMap? map, StackRange?[] stacks, ulong instruction)
    {
        ulong start = instruction - Math.Min(instruction, CaptureLimits.InstructionWindowBytes);
        ulong end = instruction + Math.Min(CaptureLimits.InstructionWindowBytes, ulong.MaxValue - instruction);
        if (map is not null)
        {
            int index = map.Find(instruction);
            if (index < 0)
            {
                _errors.Add(CaptureStep.InstructionWindow, "crashed thread", $"its instruction pointer 0x{instruction:x} is in no mapping");
                return null;
            }

            start = Math.Max(start, map.Mappings[index].Start);
            end = Math.Min(end, map.Mappings[index].End);
        }

        foreach (StackRange? held in stacks)
        {
            if (held is { } stack && stack.Start < end && start < stack.End)
            {
                (start, end) = stack.Start <= start ? (Math.Min(stack.End, end), end) : (start, stack.Start);
            }
        }

        return start < end ? new StackRange(start, end) : null;
    }

    private void ReadFiles(Dictionary<ProcFile, byte[]> files)
    {
        _progress?.Invoke(CaptureStep.ProcFile);
        if (_status.Length > 0)
        {
            files[ProcFile.Status] = _status;
        }

        _errors.Try(CaptureStep.ProcFile, "cmdline", () =>
            files[ProcFile.CommandLine] = ReadWhole($"{ReporterDirectory}/cmdline", CaptureLimits.ProcFileBytes));
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
            try
            {
                return ReadWhole(path, CaptureLimits.ProcFileBytes);
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
            ProcStatFields stat = ProcStat.Read($"/proc/{_request.ProcessId}/stat");
            times = (Machine.BootTime() + Ticks(stat.StartTime), Ticks(stat.UserTicks), Ticks(stat.KernelTicks));
        });
        return times;
    }

    private static TimeSpan Ticks(ulong ticks) => TimeSpan.FromTicks((long)ticks * (TimeSpan.TicksPerSecond / ProcStat.TicksPerSecond));

    private SystemSnapshot ReadSystem()
    {
        SystemSnapshot? system = null;
        _errors.Try(CaptureStep.Machine, "uname", () => system = Machine.System);
        return system ?? new SystemSnapshot { SystemName = "Linux", Release = "", Version = "", Machine = "x86_64", ProcessorCount = Environment.ProcessorCount };
    }
}
