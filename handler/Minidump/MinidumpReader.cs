using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// Reads one minidump that may have been made to hurt its reader. Only the header and the directory can fail the file; what
/// is wrong with a stream is noted there, and what was read of it before is kept.
/// </summary>
internal sealed class MinidumpReader(ReadOnlyMemory<byte> file)
{
    // The last FILETIME that a DateTimeOffset can be: 9999-12-31.
    private const ulong MaxFileTime = 2_650_467_743_999_999_999;

    private readonly MinidumpBytes _bytes = new(file);
    private readonly List<DumpStream> _streams = [];
    private readonly Dictionary<uint, string> _threadNames = [];
    private readonly Dictionary<uint, DumpThreadTimes> _threadTimes = [];
    private readonly List<DumpUnloadedModule> _unloadedModules = [];
    private readonly List<DumpThread> _threads = [];
    private readonly List<DumpModule> _modules = [];
    private readonly List<DumpMemoryRange> _memory = [];
    private readonly Dictionary<MinidumpStreamType, string> _linuxFiles = [];
    private readonly List<DumpMemoryInfo> _memoryInfo = [];
    private readonly List<DumpHandle> _handles = [];
    private uint? _requestingThread;
    private uint? _dumpingThread;
    private DumpSystem? _system;
    private DumpProcess? _process;
    private DumpException? _exception;
    private DumpCrashpadInfo? _crashpad;
    private IReadOnlyList<DumpSoftError> _softErrors = [];

    /// <summary>Reads it.</summary>
    /// <exception cref="MinidumpFormatException">It is no minidump, or its header or directory is damaged or cut off.</exception>
    public MinidumpFile Read()
    {
        MinidumpHeader header = ReadHeader();
        ReadDirectory(header);

        ReadStream(MinidumpStreamType.SystemInfo, ReadSystemInfo);
        ReadStream(MinidumpStreamType.MiscInfo, ReadMiscInfo);
        ReadStream(MinidumpStreamType.Exception, ReadException);
        ReadStream(MinidumpStreamType.ThreadNames, ReadThreadNames);
        ReadStream(MinidumpStreamType.ThreadInfoList, ReadThreadInfo);
        ReadStream(MinidumpStreamType.ThreadList, ReadThreads);
        ReadStream(MinidumpStreamType.ModuleList, ReadModules);
        ReadStream(MinidumpStreamType.UnloadedModuleList, ReadUnloadedModules);
        ReadStream(MinidumpStreamType.MemoryList, ReadMemory);
        ReadStream(MinidumpStreamType.Memory64List, ReadMemory64);
        ReadStream(MinidumpStreamType.CrashpadInfo, (stream, location) => _crashpad = new CrashpadInfoReader(_bytes, stream).Read(location));
        ReadStream(MinidumpStreamType.MemoryInfoList, ReadMemoryInfo);
        ReadStream(MinidumpStreamType.HandleData, ReadHandles);
        ReadStream(MinidumpStreamType.BreakpadInfo, ReadBreakpadInfo);
        foreach (MinidumpStreamType type in TextStreams)
        {
            ReadStream(type, ReadText);
        }

        ReadStream(MinidumpStreamType.LinuxAuxv, ReadAuxiliaryVector);
        ReadStream(MinidumpStreamType.MozSoftErrors, (_, location) => _softErrors = SoftErrorReader.Read(_bytes, location));

        return new MinidumpFile
        {
            FileSize = file.Length,
            Header = header,
            Streams = _streams,
            System = _system,
            Process = _process,
            ProcessId = _process?.ProcessId ?? PidOfStatus(),
            Exception = _exception,
            Threads = _threads,
            Modules = _modules,
            UnloadedModules = _unloadedModules,
            Memory = _memory,
            MemoryInfo = _memoryInfo,
            Handles = _handles,
            RequestingThread = _requestingThread,
            DumpingThread = _dumpingThread,
            Crashpad = _crashpad,
            LinuxFiles = _linuxFiles,
            SoftErrors = _softErrors,
        };
    }

    private MinidumpHeader ReadHeader()
    {
        ReadOnlySpan<byte> start = file.Span;
        if (start.IsEmpty)
        {
            throw new MinidumpFormatException("the file is empty");
        }

        bool isMinidump = start.StartsWith("MDMP"u8);
        if (start.StartsWith("PMDM"u8))
        {
            throw new MinidumpFormatException("a minidump of a big-endian machine, which is not supported");
        }

        bool isUnfinished = start.Length >= MinidumpHeader.Size
            && BinaryPrimitives.ReadUInt32LittleEndian(start) == 0
            && BinaryPrimitives.ReadUInt16LittleEndian(start[sizeof(uint)..]) == MinidumpHeader.ExpectedVersion;
        if (isUnfinished)
        {
            throw new MinidumpFormatException("an unfinished minidump: its writer ended before it wrote the signature");
        }

        if (!isMinidump)
        {
            throw new MinidumpFormatException($"not a minidump: it begins with the bytes {Convert.ToHexString(start[..Math.Min(4, start.Length)])} instead of 4D444D50 (MDMP)");
        }

        if (start.Length < MinidumpHeader.Size)
        {
            throw new MinidumpFormatException($"a truncated minidump: {start.Length} bytes are left, and its header alone has {MinidumpHeader.Size}");
        }

        MinidumpHeader header = _bytes.Read<MinidumpHeader>(0, "the header");
        return (ushort)header.Version == MinidumpHeader.ExpectedVersion
            ? header
            : throw new MinidumpFormatException($"the header has version 0x{(ushort)header.Version:x} instead of 0x{MinidumpHeader.ExpectedVersion:x}", sizeof(uint));
    }

    private void ReadDirectory(MinidumpHeader header)
    {
        if (header.NumberOfStreams > MinidumpLimits.MaxStreamsRead)
        {
            throw new MinidumpFormatException($"the header names {header.NumberOfStreams} streams, above the limit of {MinidumpLimits.MaxStreamsRead}", 8);
        }

        ulong size = (ulong)header.NumberOfStreams * MinidumpDirectory.Size;
        if (!_bytes.Contains(header.StreamDirectoryRva, size))
        {
            throw new MinidumpFormatException($"a truncated minidump: its directory of {header.NumberOfStreams} streams ends outside the file of {_bytes.Length} bytes", header.StreamDirectoryRva);
        }

        foreach (MinidumpDirectory entry in MemoryMarshal.Cast<byte, MinidumpDirectory>(_bytes.Slice(header.StreamDirectoryRva, size, "the directory").Span))
        {
            if (entry.StreamType == MinidumpStreamType.Unused)
            {
                continue;
            }

            DumpStream stream = new(entry.StreamType, entry.Location.DataSize, entry.Location.Rva);
            if (!_bytes.Contains(stream.Offset, stream.Size))
            {
                throw new MinidumpFormatException($"a truncated minidump: its stream {stream.Name} of {stream.Size} bytes ends outside the file of {_bytes.Length} bytes", stream.Offset);
            }

            _streams.Add(stream);
        }
    }

    /// <summary>Reads the first stream of a type, if there is one.</summary>
    private void ReadStream(MinidumpStreamType type, Action<DumpStream, MinidumpLocationDescriptor> read)
    {
        DumpStream? first = null;
        foreach (DumpStream stream in _streams)
        {
            if (stream.Type != type)
            {
                continue;
            }

            if (first is not null)
            {
                stream.AddProblem("the file has this stream twice; only the first one is read");
                continue;
            }

            first = stream;
            try
            {
                read(stream, new MinidumpLocationDescriptor { DataSize = stream.Size, Rva = stream.Offset });
            }
            catch (MinidumpFormatException e)
            {
                stream.AddProblem(e.Message);
            }
        }
    }

    private void ReadSystemInfo(DumpStream stream, MinidumpLocationDescriptor location)
    {
        MinidumpSystemInfo record = _bytes.Read<MinidumpSystemInfo>(location, "the system info");
        Span<uint> vendor = [record.VendorId0, record.VendorId1, record.VendorId2];
        Span<byte> letters = MemoryMarshal.AsBytes(vendor);
        bool isText = letters.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
        _system = new DumpSystem(record, "", isText ? Encoding.ASCII.GetString(letters) : "");
        _system = _system with { Description = _bytes.Utf16(record.CsdVersionRva, "the CSD version") };
    }

    private void ReadMiscInfo(DumpStream stream, MinidumpLocationDescriptor location)
    {
        if (location.DataSize < MinidumpMiscInfo4.Size1)
        {
            throw new MinidumpFormatException($"the misc info has {location.DataSize} bytes; its shortest form has {MinidumpMiscInfo4.Size1}", location.Rva);
        }

        // The older forms are the newest one's beginning: what they lack reads as zero, and the flags say so as well.
        int size = (int)Math.Min(location.DataSize, MinidumpMiscInfo4.Size);
        byte[] padded = new byte[MinidumpMiscInfo4.Size];
        _bytes.Slice(location.Rva, (ulong)size, "the misc info").CopyTo(padded);
        MinidumpMiscInfo4 record = MemoryMarshal.Read<MinidumpMiscInfo4>(padded);
        bool hasTimes = record.Flags1.HasFlag(MiscInfoFlags.ProcessTimes);
        bool hasZone = record.Flags1.HasFlag(MiscInfoFlags.TimeZone) && size >= MinidumpMiscInfo4.Size3;
        bool hasBuild = record.Flags1.HasFlag(MiscInfoFlags.BuildString) && size >= MinidumpMiscInfo4.Size;
        TimeZoneText zone = record.TimeZone.StandardName;
        MiscInfoBuildText build = record.BuildString;
        MiscInfoDebugText writer = record.DbgBldStr;
        _process = new DumpProcess
        {
            ProcessId = record.Flags1.HasFlag(MiscInfoFlags.ProcessId) ? record.ProcessId : null,
            StartTime = hasTimes ? DateTimeOffset.FromUnixTimeSeconds(record.ProcessCreateTime) : null,
            UserTime = hasTimes ? TimeSpan.FromSeconds(record.ProcessUserTime) : null,
            KernelTime = hasTimes ? TimeSpan.FromSeconds(record.ProcessKernelTime) : null,
            TimeZoneBias = hasZone ? record.TimeZone.Bias : null,
            TimeZone = hasZone ? FixedText(zone) : null,
            Build = hasBuild ? FixedText(build) : null,
            Writer = hasBuild ? FixedText(writer) : null,
        };
    }

    private void ReadException(DumpStream stream, MinidumpLocationDescriptor location)
    {
        MinidumpExceptionStream record = _bytes.Read<MinidumpExceptionStream>(location, "the exception");
        MinidumpException exception = record.ExceptionRecord;
        if (exception.NumberParameters > MinidumpExceptionInformation.Length)
        {
            stream.Note(new MinidumpFormatException($"the exception names {exception.NumberParameters} parameters and has room for {MinidumpExceptionInformation.Length}", location.Rva));
        }

        MinidumpExceptionInformation parameters = exception.ExceptionInformation;
        ulong[] named = ((ReadOnlySpan<ulong>)parameters)[..(int)Math.Min(exception.NumberParameters, MinidumpExceptionInformation.Length)].ToArray();
        _exception = new DumpException
        {
            ThreadId = record.ThreadId,
            Code = exception.ExceptionCode,
            Flags = exception.ExceptionFlags,
            Address = _system is { IsWindows: true } ? ExceptionCodes.AddressOf(exception.ExceptionCode, exception.ExceptionAddress, named) : exception.ExceptionAddress,
            Parameters = named,
            Reason = _system switch
            {
                null or { IsLinux: true } => SignalNames.Describe((int)exception.ExceptionCode, (int)exception.ExceptionFlags),
                { IsWindows: true } => ExceptionCodes.Describe(exception.ExceptionCode, exception.ExceptionFlags, named),
                _ => $"exception 0x{exception.ExceptionCode:X8}",
            },
            Context = ReadContext(stream, record.ThreadContext),
        };
    }

    private void ReadThreadNames(DumpStream stream, MinidumpLocationDescriptor location)
    {
        foreach (MinidumpThreadName name in _bytes.List<MinidumpThreadName>(location, MinidumpLimits.MaxObjectsRead, "the list of thread names"))
        {
            if (name.RvaOfThreadName > uint.MaxValue)
            {
                stream.Note(new MinidumpFormatException("the name of a thread lies outside the file", name.RvaOfThreadName));
                continue;
            }

            _threadNames.TryAdd(name.ThreadId, Text(stream, (uint)name.RvaOfThreadName, "the name of a thread"));
        }
    }

    private void ReadThreadInfo(DumpStream stream, MinidumpLocationDescriptor location)
    {
        const string what = "the thread info";
        MinidumpThreadInfoList header = _bytes.Read<MinidumpThreadInfoList>(location, what);
        int count = CountOf(location, header.SizeOfHeader, header.SizeOfEntry, header.NumberOfEntries, MinidumpThreadInfoList.Size, MinidumpThreadInfo.Size, MinidumpLimits.MaxObjectsRead, what);
        for (int i = 0; i < count; i++)
        {
            MinidumpThreadInfo entry = _bytes.Read<MinidumpThreadInfo>(location.Rva + header.SizeOfHeader + ((ulong)i * header.SizeOfEntry), what);
            _threadTimes.TryAdd(entry.ThreadId, new DumpThreadTimes(
                entry.StartAddress,
                entry.CreateTime is > 0 and <= MaxFileTime ? DateTimeOffset.FromFileTime((long)entry.CreateTime).ToUniversalTime() : null,
                TimeSpan.FromTicks((long)Math.Min(entry.UserTime, MaxFileTime)),
                TimeSpan.FromTicks((long)Math.Min(entry.KernelTime, MaxFileTime))));
        }
    }

    private void ReadThreads(DumpStream stream, MinidumpLocationDescriptor location)
    {
        HashSet<uint> ids = [];
        foreach (MinidumpThread thread in _bytes.List<MinidumpThread>(location, MinidumpLimits.MaxObjectsRead, "the thread list"))
        {
            if (!ids.Add(thread.ThreadId))
            {
                stream.Note(new MinidumpFormatException($"thread {thread.ThreadId} is in the list twice", location.Rva));
                continue;
            }

            MinidumpLocationDescriptor stack = thread.Stack.Memory;
            bool hasStack = stack.DataSize > 0 && _bytes.Contains(stack.Rva, stack.DataSize);
            if (stack.DataSize > 0 && !hasStack)
            {
                stream.Note(new MinidumpFormatException($"the stack of thread {thread.ThreadId}, {stack.DataSize} bytes, ends outside the file of {_bytes.Length} bytes", stack.Rva));
            }

            _threads.Add(new DumpThread
            {
                Id = thread.ThreadId,
                Name = _threadNames.GetValueOrDefault(thread.ThreadId, ""),
                Times = _threadTimes.GetValueOrDefault(thread.ThreadId),
                Teb = thread.Teb,
                Stack = hasStack ? new DumpMemoryRange(thread.Stack.StartOfMemoryRange, stack.DataSize, stack.Rva) : default,
                ContextSize = thread.ThreadContext.DataSize,
                Context = ReadContext(stream, thread.ThreadContext),
            });
        }
    }

    /// <summary>The registers, if there are any and they are of the one CPU that is decoded.</summary>
    private Amd64Context? ReadContext(DumpStream stream, MinidumpLocationDescriptor location)
    {
        bool isAmd64 = _system is null ? location.DataSize >= Amd64Context.Size : _system.Record.ProcessorArchitecture == ProcessorArchitecture.Amd64;
        if (location.DataSize == 0 || !isAmd64)
        {
            return null;
        }

        try
        {
            Amd64Context context = _bytes.Read<Amd64Context>(location, "a context");
            return context.ContextFlags.HasFlag(Amd64ContextFlags.Amd64)
                ? context
                : throw new MinidumpFormatException($"a context has the flags 0x{(uint)context.ContextFlags:x}, which are not those of x86-64", location.Rva);
        }
        catch (MinidumpFormatException e)
        {
            stream.Note(e);
            return null;
        }
    }

    private void ReadModules(DumpStream stream, MinidumpLocationDescriptor location)
    {
        foreach (MinidumpModule module in _bytes.List<MinidumpModule>(location, MinidumpLimits.MaxObjectsRead, "the module list"))
        {
            VsFixedFileInfo version = module.VersionInfo;
            bool hasVersion = version.Signature == VsFixedFileInfo.ExpectedSignature && (version.FileVersionMs | version.FileVersionLs) != 0;
            DumpModule read = new()
            {
                Address = module.BaseOfImage,
                Size = module.SizeOfImage,
                Path = Text(stream, module.ModuleNameRva, "the name of a module"),
                Version = hasVersion ? version.FileVersion() : "",
            };
            try
            {
                read = WithCodeView(read, module);
            }
            catch (MinidumpFormatException e)
            {
                stream.Note(e);
            }

            _modules.Add(read);
        }
    }

    private DumpModule WithCodeView(DumpModule module, MinidumpModule record)
    {
        const string what = "the CodeView record of a module";
        MinidumpLocationDescriptor location = record.CvRecord;
        string peCodeId = PeCodeId(record.TimeDateStamp, record.SizeOfImage);
        if (location.DataSize < sizeof(uint))
        {
            return module with { CodeId = peCodeId };
        }

        if (location.DataSize > MinidumpLimits.MaxCodeViewBytes)
        {
            throw new MinidumpFormatException($"{what} has {location.DataSize} bytes, above the limit of {MinidumpLimits.MaxCodeViewBytes}", location.Rva);
        }

        switch (_bytes.Read<uint>(location.Rva, what))
        {
            case CodeViewElf.Signature:
                ReadOnlySpan<byte> buildId = _bytes.Slice(location, what).Span[CodeViewElf.HeaderSize..];
                Span<byte> guid = stackalloc byte[16];
                buildId[..Math.Min(guid.Length, buildId.Length)].CopyTo(guid);
                return module with
                {
                    CodeId = Convert.ToHexStringLower(buildId),
                    DebugId = buildId.IsEmpty ? "" : DebugId(new Guid(guid), 0),
                    DebugFile = module.FileName,
                };
            case CodeViewPdb70.ExpectedSignature:
                CodeViewPdb70 pdb = _bytes.Read<CodeViewPdb70>(location, what);
                ReadOnlySpan<byte> name = _bytes.Slice(location, what).Span[CodeViewPdb70.Size..];
                int end = name.IndexOf((byte)0);
                return module with
                {
                    CodeId = peCodeId,
                    DebugId = DebugId(pdb.Signature, pdb.Age),
                    DebugFile = Encoding.UTF8.GetString(end < 0 ? name : name[..end]),
                };
            default:
                return module with { CodeId = peCodeId };
        }
    }

    private void ReadUnloadedModules(DumpStream stream, MinidumpLocationDescriptor location)
    {
        const string what = "the list of unloaded modules";
        MinidumpUnloadedModuleList header = _bytes.Read<MinidumpUnloadedModuleList>(location, what);
        int count = CountOf(location, header.SizeOfHeader, header.SizeOfEntry, header.NumberOfEntries, MinidumpUnloadedModuleList.Size, MinidumpUnloadedModule.Size, MinidumpLimits.MaxObjectsRead, what);
        for (int i = 0; i < count; i++)
        {
            MinidumpUnloadedModule module = _bytes.Read<MinidumpUnloadedModule>(location.Rva + header.SizeOfHeader + ((ulong)i * header.SizeOfEntry), what);
            _unloadedModules.Add(new DumpUnloadedModule(
                module.BaseOfImage, module.SizeOfImage, Text(stream, module.ModuleNameRva, "the name of an unloaded module"), PeCodeId(module.TimeDateStamp, module.SizeOfImage)));
        }
    }

    private static string PeCodeId(uint stamp, uint size) => stamp == 0 ? "" : $"{stamp:X8}{size:x}";

    private static string DebugId(Guid guid, uint age) => $"{guid.ToString("N").ToUpperInvariant()}{age:X}";

    private void ReadMemory(DumpStream stream, MinidumpLocationDescriptor location)
    {
        foreach (MinidumpMemoryDescriptor range in _bytes.List<MinidumpMemoryDescriptor>(location, MinidumpLimits.MaxEntriesRead, "the memory list"))
        {
            AddMemory(stream, new DumpMemoryRange(range.StartOfMemoryRange, range.Memory.DataSize, range.Memory.Rva));
        }
    }

    private void ReadMemory64(DumpStream stream, MinidumpLocationDescriptor location)
    {
        const string what = "the 64-bit memory list";
        const int headerSize = 2 * sizeof(ulong);
        ulong count = location.DataSize >= headerSize
            ? _bytes.Read<ulong>(location.Rva, what)
            : throw new MinidumpFormatException($"{what} has {location.DataSize} bytes and so no count", location.Rva);
        ulong offset = _bytes.Read<ulong>(location.Rva + sizeof(ulong), what);
        if (count > (location.DataSize - headerSize) / MinidumpMemoryDescriptor64.Size || count > MinidumpLimits.MaxEntriesRead)
        {
            throw new MinidumpFormatException($"{what} names {count} entries; it holds {(location.DataSize - headerSize) / MinidumpMemoryDescriptor64.Size}, and {MinidumpLimits.MaxEntriesRead} are the limit", location.Rva);
        }

        ReadOnlySpan<byte> body = _bytes.Slice(location.Rva + headerSize, count * MinidumpMemoryDescriptor64.Size, what).Span;
        foreach (MinidumpMemoryDescriptor64 range in MemoryMarshal.Cast<byte, MinidumpMemoryDescriptor64>(body))
        {
            AddMemory(stream, new DumpMemoryRange(range.StartOfMemoryRange, range.DataSize, offset));
            offset = offset + range.DataSize >= offset
                ? offset + range.DataSize
                : throw new MinidumpFormatException($"{what} holds more than a file can", location.Rva);
        }
    }

    private void AddMemory(DumpStream stream, DumpMemoryRange range)
    {
        if (_bytes.Contains(range.Offset, range.Size))
        {
            _memory.Add(range);
            return;
        }

        stream.Note(new MinidumpFormatException($"memory 0x{range.Address:x}, {range.Size} bytes, ends outside the file of {_bytes.Length} bytes", range.Offset));
    }

    private void ReadMemoryInfo(DumpStream stream, MinidumpLocationDescriptor location)
    {
        const string what = "the memory info";
        MinidumpMemoryInfoList header = _bytes.Read<MinidumpMemoryInfoList>(location, what);
        int count = CountOf(location, header.SizeOfHeader, header.SizeOfEntry, header.NumberOfEntries, MinidumpMemoryInfoList.Size, MinidumpMemoryInfo.Size, MinidumpLimits.MaxEntriesRead, what);
        _memoryInfo.EnsureCapacity(count);
        for (int i = 0; i < count; i++)
        {
            MinidumpMemoryInfo entry = _bytes.Read<MinidumpMemoryInfo>(location.Rva + header.SizeOfHeader + ((ulong)i * header.SizeOfEntry), what);
            _memoryInfo.Add(new DumpMemoryInfo(entry.BaseAddress, entry.RegionSize, entry.State, entry.Protect, entry.Type));
        }
    }

    private void ReadHandles(DumpStream stream, MinidumpLocationDescriptor location)
    {
        const string what = "the handle data";
        MinidumpHandleDataStream header = _bytes.Read<MinidumpHandleDataStream>(location, what);
        int count = CountOf(location, header.SizeOfHeader, header.SizeOfDescriptor, header.NumberOfDescriptors, MinidumpHandleDataStream.Size, MinidumpHandleDescriptor.Size, MinidumpLimits.MaxObjectsRead, what);
        _handles.EnsureCapacity(count);
        for (int i = 0; i < count; i++)
        {
            MinidumpHandleDescriptor handle = _bytes.Read<MinidumpHandleDescriptor>(location.Rva + header.SizeOfHeader + ((ulong)i * header.SizeOfDescriptor), what);
            _handles.Add(new DumpHandle(
                handle.Handle,
                handle.TypeNameRva == 0 ? "" : Text(stream, handle.TypeNameRva, "the kind of a handle"),
                handle.ObjectNameRva == 0 ? "" : Text(stream, handle.ObjectNameRva, "the name of a handle")));
        }
    }

    /// <summary>How many entries follow a header that says itself how long it and they are; newer forms may be longer than ours.</summary>
    /// <exception cref="MinidumpFormatException">They are shorter, do not fit, or are more than <paramref name="limit"/>.</exception>
    private static int CountOf(MinidumpLocationDescriptor location, uint headerSize, uint entrySize, ulong count, int leastHeader, int leastEntry, int limit, string what)
    {
        if (headerSize < leastHeader || entrySize < leastEntry || headerSize > location.DataSize)
        {
            throw new MinidumpFormatException($"{what} has a header of {headerSize} bytes and entries of {entrySize}, in {location.DataSize}", location.Rva);
        }

        ulong room = (location.DataSize - headerSize) / entrySize;
        return count <= room && count <= (ulong)limit
            ? (int)count
            : throw new MinidumpFormatException($"{what} names {count} entries; it holds {room}, and {limit} are the limit", location.Rva);
    }

    private void ReadBreakpadInfo(DumpStream stream, MinidumpLocationDescriptor location)
    {
        MinidumpBreakpadInfo record = _bytes.Read<MinidumpBreakpadInfo>(location, "the Breakpad info");
        _requestingThread = record.Validity.HasFlag(BreakpadInfoValidity.RequestingThread) ? record.RequestingThreadId : null;
        _dumpingThread = record.Validity.HasFlag(BreakpadInfoValidity.DumpThread) ? record.DumpThreadId : null;
    }

    private void ReadText(DumpStream stream, MinidumpLocationDescriptor location)
        => _linuxFiles[stream.Type] = stream.Size <= MinidumpLimits.MaxRawStreamBytes
            ? Encoding.UTF8.GetString(_bytes.Slice(location, "the stream").Span)
            : throw new MinidumpFormatException($"the stream has {stream.Size} bytes, above the limit of {MinidumpLimits.MaxRawStreamBytes}", location.Rva);

    private void ReadAuxiliaryVector(DumpStream stream, MinidumpLocationDescriptor location)
    {
        ReadOnlySpan<byte> bytes = _bytes.Slice(location, "the auxiliary vector").Span;
        if (_system?.Record.ProcessorArchitecture is not (ProcessorArchitecture.Amd64 or ProcessorArchitecture.Arm64 or ProcessorArchitecture.Arm64Old))
        {
            return;
        }

        StringBuilder text = new();
        for (; bytes.Length >= 2 * sizeof(ulong); bytes = bytes[(2 * sizeof(ulong))..])
        {
            ulong key = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]);
            text.Append(CultureInfo.InvariantCulture, $"{key} 0x{value:x}\n");
        }

        _linuxFiles[MinidumpStreamType.LinuxAuxv] = text.ToString();
    }

    private uint? PidOfStatus()
    {
        const string key = "\nPid:";
        string status = _linuxFiles.GetValueOrDefault(MinidumpStreamType.LinuxProcStatus, "");
        int at = status.IndexOf(key, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<char> rest = status.AsSpan(at + key.Length);
        int end = rest.IndexOf('\n');
        return uint.TryParse(end < 0 ? rest : rest[..end], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out uint pid)
            ? pid
            : null;
    }

    private string Text(DumpStream stream, uint rva, string what)
    {
        try
        {
            return _bytes.Utf16(rva, what);
        }
        catch (MinidumpFormatException e)
        {
            stream.Note(e);
            return "";
        }
    }

    private static string FixedText(ReadOnlySpan<ushort> units)
    {
        int end = units.IndexOf((ushort)0);
        return Encoding.Unicode.GetString(MemoryMarshal.AsBytes(end < 0 ? units : units[..end]));
    }

    private static readonly MinidumpStreamType[] TextStreams =
    [
        MinidumpStreamType.LinuxCpuInfo,
        MinidumpStreamType.LinuxProcStatus,
        MinidumpStreamType.LinuxLsbRelease,
        MinidumpStreamType.LinuxCmdLine,
        MinidumpStreamType.LinuxEnviron,
        MinidumpStreamType.LinuxMaps,
        MinidumpStreamType.MozLinuxLimits,
    ];
}
