using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// A snapshot as a minidump that Breakpad, rust-minidump and LLDB read without complaint. Lays out everything, then writes
/// it from beginning to end, the header's signature last. Whatever a limit cuts (<see cref="MinidumpLimits"/>) costs only
/// itself and stands in the soft errors.
/// </summary>
internal sealed class MinidumpWriter
{
    private readonly MinidumpLayout _layout = new();
    private readonly ProcessSnapshot _snapshot;
    private readonly List<SoftError> _softErrors;
    private readonly Dictionary<uint, MinidumpLocationDescriptor> _contexts = [];

    private MinidumpWriter(ProcessSnapshot snapshot)
    {
        _snapshot = snapshot;
        _softErrors = [.. snapshot.SoftErrors];
    }

    /// <summary>Bytes of the dump.</summary>
    public long Length => (long)_layout.End;

    /// <summary>Everything that the dump lacks: of the snapshot, and what was cut here.</summary>
    public IReadOnlyList<SoftError> SoftErrors => _softErrors;

    /// <summary>Gives everything its place in a dump.</summary>
    /// <param name="snapshot">What the process was.</param>
    /// <param name="annotations">What CrashpadInfo says.</param>
    public static MinidumpWriter LayOut(ProcessSnapshot snapshot, MinidumpAnnotations annotations)
    {
        MinidumpWriter writer = new(snapshot);
        writer.LayOut(annotations);
        return writer;
    }

    /// <summary>Writes a dump at once; see <see cref="WriteTo"/>.</summary>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public static void Write(Stream destination, ProcessSnapshot snapshot, MinidumpAnnotations annotations) => LayOut(snapshot, annotations).WriteTo(destination);

    /// <summary>Writes the dump from the stream's position on, and leaves the position behind it.</summary>
    /// <param name="destination">A stream that can seek; not flushed.</param>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public void WriteTo(Stream destination) => _layout.WriteTo(destination, UnixSeconds(_snapshot.Time));

    private void LayOut(MinidumpAnnotations annotations)
    {
        string uname = string.Join(' ', _snapshot.System.SystemName, _snapshot.System.Release, _snapshot.System.Version, _snapshot.System.Machine);
        AddSystemInfo(uname);
        AddMiscInfo(uname);
        AddException();
        List<ThreadSnapshot> threads = ChooseThreads();
        AddThreadNames(threads);
        AddBreakpadInfo();
        AddModules();
        CrashpadInfoWriter.Add(_layout, annotations, _softErrors);
        AddMemoryInfo();
        AddHandles();
        AddProcFiles();
        AddThreadsAndMemory(threads);
        SoftErrorWriter.Add(_layout, _softErrors);
    }

    private void AddSystemInfo(string uname)
    {
        SystemSnapshot system = _snapshot.System;
        Span<byte> vendor = stackalloc byte[3 * sizeof(uint)];
        Encoding.ASCII.TryGetBytes(system.CpuVendor, vendor, out _);
        (uint major, uint minor, uint build) = ReleaseNumbers(system.Release);
        uint family = (system.CpuVersion >> 8) & 0xF;
        uint model = (system.CpuVersion >> 4) & 0xF;
        if (family is 6 or 15)
        {
            model |= (system.CpuVersion >> 12) & 0xF0;
        }

        if (family == 15)
        {
            family += (system.CpuVersion >> 20) & 0xFF;
        }

        _layout.AddStream(MinidumpStreamType.SystemInfo, _layout.Add(new MinidumpSystemInfo
        {
            ProcessorArchitecture = ProcessorArchitecture.Amd64,
            ProcessorLevel = (ushort)family,
            ProcessorRevision = (ushort)((model << 8) | (system.CpuVersion & 0xF)),
            NumberOfProcessors = (byte)Math.Clamp(system.ProcessorCount, 0, byte.MaxValue),
            ProductType = MinidumpSystemInfo.Workstation,
            MajorVersion = major,
            MinorVersion = minor,
            BuildNumber = build,
            PlatformId = MinidumpPlatform.Linux,
            CsdVersionRva = _layout.Add(MinidumpString.Utf16(uname)).Rva,
            VendorId0 = MemoryMarshal.Read<uint>(vendor),
            VendorId1 = MemoryMarshal.Read<uint>(vendor[4..]),
            VendorId2 = MemoryMarshal.Read<uint>(vendor[8..]),
            VersionInformation = system.CpuVersion,
            FeatureInformation = system.CpuFeatures,
            AmdExtendedCpuFeatures = system.CpuExtendedFeatures,
        }));
    }

    private void AddMiscInfo(string uname)
    {
        MiscInfoBuildText build = default;
        MinidumpString.Fill(build, uname);
        MiscInfoDebugText debug = default;
        Version? version = typeof(MinidumpWriter).Assembly.GetName().Version;
        MinidumpString.Fill(debug, $"crash-handler.amd64,{version?.ToString(3)},linux");
        TimeZoneInfo zone = TimeZoneInfo.Local;

        _layout.AddStream(MinidumpStreamType.MiscInfo, _layout.Add(new MinidumpMiscInfo4
        {
            SizeOfInfo = MinidumpMiscInfo4.Size,
            Flags1 = MiscInfoFlags.ProcessId | MiscInfoFlags.ProcessTimes | MiscInfoFlags.TimeZone | MiscInfoFlags.BuildString,
            ProcessId = (uint)_snapshot.ProcessId,
            ProcessCreateTime = UnixSeconds(_snapshot.StartTime),
            ProcessUserTime = Seconds(_snapshot.UserTime.TotalSeconds),
            ProcessKernelTime = Seconds(_snapshot.KernelTime.TotalSeconds),
            TimeZoneId = !zone.SupportsDaylightSavingTime ? 0u : zone.IsDaylightSavingTime(_snapshot.Time) ? 2u : 1u,
            TimeZone = TimeZone(zone, _snapshot.Time),
            BuildString = build,
            DbgBldStr = debug,
        }));
    }

    private void AddException()
    {
        if (_snapshot.Exception is not { } exception)
        {
            return;
        }

        int count = Math.Min(exception.Parameters.Count, MinidumpLimits.MaxExceptionParameters);
        MinidumpExceptionInformation parameters = default;
        for (int i = 0; i < count; i++)
        {
            parameters[i] = exception.Parameters[i];
        }

        _layout.AddStream(MinidumpStreamType.Exception, _layout.Add(new MinidumpExceptionStream
        {
            ThreadId = (uint)exception.ThreadId,
            ExceptionRecord = new MinidumpException
            {
                ExceptionCode = (uint)exception.Signal,
                ExceptionFlags = (uint)exception.Code,
                ExceptionAddress = exception.Address,
                NumberParameters = (uint)count,
                ExceptionInformation = parameters,
            },
            ThreadContext = AddContext((uint)exception.ThreadId, exception.Registers),
        }));
    }

    /// <summary>A thread's context, once per thread: the crashed one's is that of the exception.</summary>
    private MinidumpLocationDescriptor AddContext(uint threadId, Amd64Registers? registers)
    {
        if (_contexts.TryGetValue(threadId, out MinidumpLocationDescriptor known) || registers is null)
        {
            return known;
        }

        MinidumpLocationDescriptor added = _layout.Add(Amd64Context.Size, place => MemoryMarshal.Write(place, Amd64Context.Of(registers)), MinidumpLayout.BlockAlignment);
        _contexts.Add(threadId, added);
        return added;
    }

    /// <summary>The threads to write: each tid once, the crashed one in any case.</summary>
    private List<ThreadSnapshot> ChooseThreads()
    {
        List<ThreadSnapshot> threads = [];
        HashSet<int> ids = [];
        int crashed = _snapshot.Exception?.ThreadId ?? 0;
        int above = 0;
        foreach (ThreadSnapshot thread in _snapshot.Threads)
        {
            if (!ids.Add(thread.ThreadId))
            {
                _softErrors.Add(new SoftError("ThreadList", $"tid {thread.ThreadId}", "captured twice; the second one is left out"));
            }
            else if (threads.Count < MinidumpLimits.MaxThreads)
            {
                threads.Add(thread);
            }
            else
            {
                above++;
                if (thread.ThreadId == crashed)
                {
                    threads[^1] = thread;
                }
            }
        }

        if (above > 0)
        {
            _softErrors.Add(new SoftError("ThreadList", $"{above} threads", $"limit of {MinidumpLimits.MaxThreads} threads"));
        }

        return threads;
    }

    private void AddThreadNames(List<ThreadSnapshot> threads)
    {
        List<MinidumpThreadName> names = [];
        foreach (ThreadSnapshot thread in threads)
        {
            if (thread.Name.Length > 0)
            {
                names.Add(new MinidumpThreadName
                {
                    ThreadId = (uint)thread.ThreadId,
                    RvaOfThreadName = _layout.Add(MinidumpString.Utf16(thread.Name)).Rva,
                });
            }
        }

        _layout.AddStream(MinidumpStreamType.ThreadNames, _layout.AddList<MinidumpThreadName>(CollectionsMarshal.AsSpan(names)));
    }

    /// <summary>The requesting thread only: none of the process wrote the dump.</summary>
    private void AddBreakpadInfo()
    {
        if (_snapshot.Exception is { } exception)
        {
            _layout.AddStream(MinidumpStreamType.BreakpadInfo, _layout.Add(new MinidumpBreakpadInfo
            {
                Validity = BreakpadInfoValidity.RequestingThread,
                RequestingThreadId = (uint)exception.ThreadId,
            }));
        }
    }

    private void AddMemoryInfo()
    {
        int count = Math.Min(_snapshot.Mappings.Count, MinidumpLimits.MaxMemoryInfos);
        if (count < _snapshot.Mappings.Count)
        {
            _softErrors.Add(new SoftError("MemoryInfoList", $"{_snapshot.Mappings.Count - count} mappings", $"limit of {MinidumpLimits.MaxMemoryInfos} ranges"));
        }

        if (count == 0)
        {
            return;
        }

        MinidumpMemoryInfo[] entries = new MinidumpMemoryInfo[count];
        for (int i = 0; i < count; i++)
        {
            MappingSnapshot mapping = _snapshot.Mappings[i];
            MemoryProtection protection = Protection(mapping);
            entries[i] = new MinidumpMemoryInfo
            {
                BaseAddress = mapping.Address,
                AllocationBase = mapping.Address,
                AllocationProtect = protection,
                RegionSize = mapping.Size,
                State = protection == MemoryProtection.NoAccess ? MemoryState.Reserve : MemoryState.Commit,
                Protect = protection,
                Type = mapping.Shared ? MemoryType.Mapped : MemoryType.Private,
            };
        }

        MinidumpMemoryInfoList header = new()
        {
            SizeOfHeader = MinidumpMemoryInfoList.Size,
            SizeOfEntry = MinidumpMemoryInfo.Size,
            NumberOfEntries = (ulong)count,
        };
        _layout.AddStream(MinidumpStreamType.MemoryInfoList, _layout.AddList<MinidumpMemoryInfoList, MinidumpMemoryInfo>(header, entries));
    }

    /// <summary>Windows has no range that may be written and not read.</summary>
    private static MemoryProtection Protection(in MappingSnapshot mapping) => (mapping.Executable, mapping.Writable, mapping.Readable) switch
    {
        (true, true, _) => MemoryProtection.ExecuteReadWrite,
        (true, false, true) => MemoryProtection.ExecuteRead,
        (true, false, false) => MemoryProtection.Execute,
        (false, true, _) => MemoryProtection.ReadWrite,
        (false, false, true) => MemoryProtection.ReadOnly,
        (false, false, false) => MemoryProtection.NoAccess,
    };

    private void AddHandles()
    {
        int count = Math.Min(_snapshot.Descriptors.Count, MinidumpLimits.MaxHandles);
        if (count < _snapshot.Descriptors.Count)
        {
            _softErrors.Add(new SoftError("HandleData", $"{_snapshot.Descriptors.Count - count} descriptors", $"limit of {MinidumpLimits.MaxHandles} descriptors"));
        }

        if (count == 0)
        {
            return;
        }

        Dictionary<string, uint> texts = [];
        MinidumpHandleDescriptor[] handles = new MinidumpHandleDescriptor[count];
        for (int i = 0; i < count; i++)
        {
            DescriptorSnapshot descriptor = _snapshot.Descriptors[i];
            handles[i] = new MinidumpHandleDescriptor
            {
                Handle = (ulong)descriptor.Number,
                TypeNameRva = AddText(descriptor.Kind),
                ObjectNameRva = AddText(descriptor.Target),
            };
        }

        MinidumpHandleDataStream header = new()
        {
            SizeOfHeader = MinidumpHandleDataStream.Size,
            SizeOfDescriptor = MinidumpHandleDescriptor.Size,
            NumberOfDescriptors = (uint)count,
        };
        _layout.AddStream(MinidumpStreamType.HandleData, _layout.AddList<MinidumpHandleDataStream, MinidumpHandleDescriptor>(header, handles));

        uint AddText(string text)
        {
            if (!texts.TryGetValue(text, out uint rva))
            {
                rva = _layout.Add(MinidumpString.Utf16(MinidumpString.Tail(text, MinidumpLimits.MaxUtf16Units))).Rva;
                texts.Add(text, rva);
            }

            return rva;
        }
    }

    private void AddModules()
    {
        List<MinidumpModule> modules = [];
        foreach (ModuleSnapshot module in ChooseModules())
        {
            if (module.Path.Length > MinidumpLimits.MaxUtf16Units)
            {
                _softErrors.Add(new SoftError("ModuleList", $"module {module.Address:x}", $"path cut at its beginning to {MinidumpLimits.MaxUtf16Units} UTF-16 units"));
            }

            // The end of a path names the file, and with it its symbols.
            string path = MinidumpString.Tail(module.Path, MinidumpLimits.MaxUtf16Units);
            (uint high, uint low) = LibraryVersion(path);
            ulong version = module.Pe?.FileVersion ?? ((ulong)high << 32 | low);
            ulong productVersion = module.Pe?.ProductVersion ?? version;
            modules.Add(new MinidumpModule
            {
                BaseOfImage = module.Address,
                SizeOfImage = (uint)Math.Min(module.Size, uint.MaxValue),
                TimeDateStamp = module.Pe?.TimeDateStamp ?? 0,
                ModuleNameRva = _layout.Add(MinidumpString.Utf16(path)).Rva,
                VersionInfo = new VsFixedFileInfo
                {
                    Signature = VsFixedFileInfo.ExpectedSignature,
                    StrucVersion = VsFixedFileInfo.ExpectedStrucVersion,
                    FileVersionMs = (uint)(version >> 32),
                    FileVersionLs = (uint)version,
                    ProductVersionMs = (uint)(productVersion >> 32),
                    ProductVersionLs = (uint)productVersion,
                    FileType = modules.Count == 0 ? VsFixedFileInfo.Application : VsFixedFileInfo.Library,
                },
                CvRecord = AddCodeView(module),
            });
        }

        _layout.AddStream(MinidumpStreamType.ModuleList, _layout.AddList<MinidumpModule>(CollectionsMarshal.AsSpan(modules)));
    }

    /// <summary>The modules to write, in the snapshot's order: none empty, and none overlapping one before it.</summary>
    private List<ModuleSnapshot> ChooseModules()
    {
        List<ModuleSnapshot> chosen = [];
        DisjointRanges taken = new();
        int above = 0;
        foreach (ModuleSnapshot module in _snapshot.Modules)
        {
            ulong end = module.Address + Math.Min(module.Size, uint.MaxValue);
            string subject = $"{Path.GetFileName(module.Path)} at {module.Address:x}";
            if (end <= module.Address)
            {
                _softErrors.Add(new SoftError("ModuleList", subject, $"size {module.Size} is not possible"));
            }
            else if (chosen.Count == MinidumpLimits.MaxModules)
            {
                above++;
            }
            else if (!taken.TryTake(module.Address, end))
            {
                _softErrors.Add(new SoftError("ModuleList", subject, "overlaps another module"));
            }
            else
            {
                chosen.Add(module);
            }
        }

        if (above > 0)
        {
            _softErrors.Add(new SoftError("ModuleList", $"{above} modules", $"limit of {MinidumpLimits.MaxModules} modules"));
        }

        return chosen;
    }

    private MinidumpLocationDescriptor AddCodeView(ModuleSnapshot module)
    {
        if (module.Pe is { } pe)
        {
            return pe.CodeView.Length is > 0 and <= MinidumpLimits.MaxCodeViewBytes ? _layout.Add(pe.CodeView) : default;
        }

        int size = CodeViewElf.HeaderSize + module.BuildId.Length;
        if (module.BuildId.Length == 0)
        {
            return default;
        }

        if (size > MinidumpLimits.MaxCodeViewBytes)
        {
            _softErrors.Add(new SoftError("ModuleList", $"module {module.Address:x}", $"a build id of {module.BuildId.Length} bytes is left out"));
            return default;
        }

        byte[] record = new byte[size];
        MemoryMarshal.Write(record, CodeViewElf.Signature);
        module.BuildId.CopyTo(record, CodeViewElf.HeaderSize);
        return _layout.Add(record);
    }

    private void AddProcFiles()
    {
        foreach ((ProcFile file, MinidumpStreamType type) in RawStreams)
        {
            if (!_snapshot.ProcFiles.TryGetValue(file, out byte[]? bytes) || bytes.Length == 0)
            {
                continue;
            }

            int size = Math.Min(bytes.Length, MinidumpLimits.MaxRawStreamBytes);
            if (size < bytes.Length)
            {
                _softErrors.Add(new SoftError(type.ToString(), file.ToString(), $"{bytes.Length - size} bytes above the limit of {MinidumpLimits.MaxRawStreamBytes} bytes of a stream"));
            }

            _layout.AddStream(type, _layout.Add(bytes.AsMemory(0, size)));
        }
    }

    private void AddThreadsAndMemory(List<ThreadSnapshot> threads)
    {
        List<MinidumpLocationDescriptor> contexts = new(threads.Count);
        foreach (ThreadSnapshot thread in threads)
        {
            contexts.Add(AddContext((uint)thread.ThreadId, thread.Registers));
        }

        int lists = (threads.Count * MinidumpThread.Size) + (MinidumpLimits.MaxRegions * MinidumpMemoryDescriptor.Size);
        ulong kept = (ulong)lists + MinidumpLimits.SoftErrorRoomBytes;
        MemoryPlan plan = MemoryPlan.Of(MemoryByWorth(threads), MinidumpLimits.MaxFileBytes - Math.Min(MinidumpLimits.MaxFileBytes, _layout.End + kept), _softErrors);
        MinidumpMemoryDescriptor[] memory = new MinidumpMemoryDescriptor[plan.Regions.Count];
        for (int i = 0; i < memory.Length; i++)
        {
            memory[i] = AddRegion(plan.Regions[i]);
        }

        MinidumpThread[] records = new MinidumpThread[threads.Count];
        for (int i = 0; i < records.Length; i++)
        {
            ThreadSnapshot thread = threads[i];
            Amd64Registers? registers = thread.ThreadId == _snapshot.Exception?.ThreadId ? _snapshot.Exception.Registers : thread.Registers;
            records[i] = new MinidumpThread
            {
                ThreadId = (uint)thread.ThreadId,
                Teb = registers?.FsBase ?? 0,
                Stack = Stack(thread.Stack, plan, memory),
                ThreadContext = contexts[i],
            };
        }

        _layout.AddStream(MinidumpStreamType.ThreadList, _layout.AddList<MinidumpThread>(records));
        _layout.AddStream(MinidumpStreamType.MemoryList, _layout.AddList<MinidumpMemoryDescriptor>(memory));
    }

    /// <summary>All memory, what a reader needs first coming first: crashed stack, bytes around its instruction pointer, stacks, rest.</summary>
    private IEnumerable<MemorySnapshot> MemoryByWorth(List<ThreadSnapshot> threads)
    {
        ExceptionSnapshot? exception = _snapshot.Exception;
        List<MemorySnapshot> stacks =
        [
            .. threads.OrderByDescending(thread => thread.ThreadId == exception?.ThreadId).Select(thread => thread.Stack).OfType<MemorySnapshot>(),
        ];
        ILookup<bool, MemorySnapshot> memory = _snapshot.Memory
            .ToLookup(piece => exception?.Registers.Rip is { } rip && rip >= piece.Address && rip < piece.End);
        return [.. stacks.Take(1), .. memory[true], .. stacks.Skip(1), .. memory[false]];
    }

    private MinidumpMemoryDescriptor AddRegion(MemoryRegion region)
    {
        uint rva = 0;
        for (int i = 0; i < region.Parts.Count; i++)
        {
            uint partRva = _layout.Add(region.Parts[i], i == 0 ? MinidumpLayout.BlockAlignment : 1).Rva;
            rva = i == 0 ? partRva : rva;
        }

        return new MinidumpMemoryDescriptor
        {
            StartOfMemoryRange = region.Address,
            Memory = new MinidumpLocationDescriptor { DataSize = (uint)region.Size, Rva = rva },
        };
    }

    /// <summary>A thread's stack as the part of the memory list that it is.</summary>
    private static MinidumpMemoryDescriptor Stack(MemorySnapshot? stack, MemoryPlan plan, MinidumpMemoryDescriptor[] memory)
    {
        int index = stack is null ? -1 : plan.IndexOf(stack.Address);
        if (stack is null || index < 0)
        {
            return default;
        }

        MinidumpMemoryDescriptor region = memory[index];
        uint skipped = (uint)(stack.Address - region.StartOfMemoryRange);
        return new MinidumpMemoryDescriptor
        {
            StartOfMemoryRange = stack.Address,
            Memory = new MinidumpLocationDescriptor
            {
                DataSize = Math.Min((uint)stack.Bytes.Length, region.Memory.DataSize - skipped),
                Rva = region.Memory.Rva + skipped,
            },
        };
    }

    private static TimeZoneInformation TimeZone(TimeZoneInfo zone, DateTimeOffset at)
    {
        bool summer = zone.IsDaylightSavingTime(at);
        TimeZoneText standard = default;
        MinidumpString.Fill(standard, zone.StandardName);
        TimeZoneText daylight = default;
        MinidumpString.Fill(daylight, zone.DaylightName);
        int daylightBias = zone.SupportsDaylightSavingTime ? -60 : 0;
        return new TimeZoneInformation
        {
            Bias = -(int)zone.GetUtcOffset(at).TotalMinutes - (summer ? daylightBias : 0),
            StandardName = standard,
            DaylightName = daylight,
            DaylightBias = daylightBias,
        };
    }

    /// <summary>6, 8, 0 of <c>6.8.0-45-generic</c>.</summary>
    private static (uint Major, uint Minor, uint Build) ReleaseNumbers(string release)
    {
        Span<uint> numbers = [0, 0, 0];
        LeadingNumbers(release, numbers);
        return (numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>1.2.3 of <c>libfoo.so.1.2.3</c>, as a VS_FIXEDFILEINFO has it.</summary>
    private static (uint High, uint Low) LibraryVersion(string path)
    {
        const string mark = ".so.";
        Span<uint> numbers = [0, 0, 0, 0];
        int at = path.LastIndexOf(mark, StringComparison.Ordinal);
        if (at >= 0)
        {
            LeadingNumbers(path.AsSpan(at + mark.Length), numbers);
        }

        return ((numbers[0] << 16) | (numbers[1] & 0xFFFF), (numbers[2] << 16) | (numbers[3] & 0xFFFF));
    }

    private static void LeadingNumbers(ReadOnlySpan<char> text, Span<uint> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            int digits = text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;
            if (!uint.TryParse(text[..digits], out numbers[i]) || digits == text.Length || text[digits] != '.')
            {
                return;
            }

            text = text[(digits + 1)..];
        }
    }

    private static uint UnixSeconds(DateTimeOffset time) => Seconds(time.ToUnixTimeSeconds());

    private static uint Seconds(double seconds) => (uint)Math.Clamp(seconds, 0, uint.MaxValue);

    private static readonly (ProcFile File, MinidumpStreamType Type)[] RawStreams =
    [
        (ProcFile.CpuInfo, MinidumpStreamType.LinuxCpuInfo),
        (ProcFile.Status, MinidumpStreamType.LinuxProcStatus),
        (ProcFile.OsRelease, MinidumpStreamType.LinuxLsbRelease),
        (ProcFile.CommandLine, MinidumpStreamType.LinuxCmdLine),
        (ProcFile.AuxiliaryVector, MinidumpStreamType.LinuxAuxv),
        (ProcFile.Maps, MinidumpStreamType.LinuxMaps),
        (ProcFile.Limits, MinidumpStreamType.MozLinuxLimits),
        (ProcFile.Environment, MinidumpStreamType.LinuxEnviron),
    ];
}
