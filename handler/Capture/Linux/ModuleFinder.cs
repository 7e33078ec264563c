using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;
using CrashHandler.Handler.Stacks.Pe;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Finds the images of a process: mappings of a file's beginning that hold an ELF header and are laid out as a loader
/// does it, the vdso, and assemblies (PE) as the .NET runtime maps them. Headers, notes and the like are read from memory in
/// few calls, from the file where memory is refused.
/// </summary>
internal sealed unsafe class ModuleFinder
{
    private const string VdsoMapping = "[vdso]";
    private const string VdsoName = "linux-gate.so";

    private readonly MemoryMap _map;
    private readonly RemoteMemory _memory;
    private readonly string _root;
    private readonly string? _mapFiles;
    private readonly SoftErrorList _errors;
    private readonly CaptureFailSpots _failSpots;

    /// <param name="map">The process's mappings.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="root">Its root directory as the handler can open it.</param>
    /// <param name="errors">Where soft errors go.</param>
    /// <param name="failSpots">What a test lets fail.</param>
    /// <param name="mapFiles">Its map_files directory, which only a privileged handler may open: the one way to a deleted file.</param>
    public ModuleFinder(MemoryMap map, RemoteMemory memory, string root, SoftErrorList errors, CaptureFailSpots failSpots, string? mapFiles = null)
    {
        _map = map;
        _memory = memory;
        _root = root;
        _errors = errors;
        _failSpots = failSpots;
        _mapFiles = mapFiles;
    }

    /// <summary>The first page of each module as it is in memory: a reader knows them by it, and by their notes, without their files.</summary>
    public IReadOnlyList<MemorySnapshot> Headers { get; private set; } = [];

    /// <summary>The modules: the main one first, the others by address; none overlaps another.</summary>
    /// <param name="entry">AT_ENTRY, which lies in the main executable; null if it is not known.</param>
    /// <param name="executable">Path of the main executable.</param>
    public List<ModuleSnapshot> Find(ulong? entry, string executable)
    {
        _failSpots.Pass(CaptureFailSpots.Modules);
        List<MemoryMapping> candidates = [.. _map.Mappings.Where(IsCandidate)];
        if (candidates.Count > CaptureLimits.MaxModuleCandidates)
        {
            _errors.Add(CaptureStep.Modules, "process", $"{candidates.Count - CaptureLimits.MaxModuleCandidates} mappings not looked at (limit {CaptureLimits.MaxModuleCandidates})");
            candidates.RemoveRange(CaptureLimits.MaxModuleCandidates, candidates.Count - CaptureLimits.MaxModuleCandidates);
        }

        List<FoundModule> found = [];
        List<FoundAssembly> assemblies = [];
        foreach (MemoryMapping[] chunk in candidates.Chunk(CaptureLimits.MaxReadVectors))
        {
            FindIn(chunk, found, assemblies);
        }

        Headers = [.. found.Where(module => !module.FromFile).Select(module => module.Header.ToSnapshot()).OfType<MemorySnapshot>().Take(CaptureLimits.MaxModules)];
        ReadBuildIds(found);
        assemblies = WithoutMappedTwice(assemblies);
        _errors.Try(CaptureStep.Modules, "assemblies", () => ReadAssemblies(assemblies));
        List<ModuleSnapshot> modules = [.. found.Select(ToSnapshot).Concat(assemblies.Select(ToSnapshot)).OrderBy(module => module.Address)];
        SeparateNeighbours(modules);
        int main = modules.FindIndex(module => entry is { } at && module.Address <= at && at < module.Address + module.Size);
        if (main < 0)
        {
            main = modules.FindIndex(module => module.Path == executable);
        }

        if (main >= 0)
        {
            ModuleSnapshot first = modules[main];
            modules.RemoveAt(main);
            modules.Insert(0, executable.Length > 0 && IsDeleted(first.Address) ? first with { Path = executable } : first);
        }
        else if (modules.Count > 0)
        {
            _errors.Add(CaptureStep.Modules, "main executable", "not found among the modules");
        }

        if (modules.Count > CaptureLimits.MaxModules)
        {
            _errors.Add(CaptureStep.Modules, "process", $"{modules.Count - CaptureLimits.MaxModules} modules left out (limit {CaptureLimits.MaxModules})");

            // Native code comes first: only it can be unwound with nothing but the dump.
            modules = [.. modules.Take(1).Concat(modules.Skip(1).OrderBy(module => module.Pe is not null)).Take(CaptureLimits.MaxModules)];
        }

        return modules;
    }

    private static bool IsCandidate(MemoryMapping mapping)
        => mapping.Path == VdsoMapping || (mapping.Offset == 0 && mapping.Inode != 0 && mapping.Path.StartsWith('/'));

    private static ModuleSnapshot ToSnapshot(FoundModule module) => new()
    {
        Path = module.Mapping.Path == VdsoMapping ? VdsoName : module.Mapping.Path,
        Address = module.Mapping.Start,
        Size = module.Size,
        BuildId = module.BuildId ?? [],
    };

    private ModuleSnapshot ToSnapshot(FoundAssembly assembly) => new()
    {
        Path = assembly.Mapping.Path,
        Address = assembly.Mapping.Start,
        Size = assembly.SizeIn(_map),
        BuildId = [],
        Pe = new PeModuleSnapshot
        {
            TimeDateStamp = assembly.Image.TimeDateStamp,
            CodeView = assembly.CodeView,
            FileVersion = assembly.Version.File,
            ProductVersion = assembly.Version.Product,
        },
    };

    /// <summary>The runtime maps a precompiled assembly's file to look at it, and then lays it out: the former says nothing more.</summary>
    private static List<FoundAssembly> WithoutMappedTwice(List<FoundAssembly> assemblies)
    {
        HashSet<(ulong, ulong)> laidOut = [.. assemblies.Where(assembly => assembly.IsLaidOut).Select(assembly => (assembly.Mapping.Device, assembly.Mapping.Inode))];
        return [.. assemblies.Where(assembly => assembly.IsLaidOut || !laidOut.Contains((assembly.Mapping.Device, assembly.Mapping.Inode)))];
    }

    /// <summary>Debug directories and versions of all in one go, then the records that the former name in another.</summary>
    private void ReadAssemblies(List<FoundAssembly> assemblies)
    {
        List<(FoundAssembly Assembly, MemoryRead Debug, MemoryRead Resources)> parts = [];
        foreach (FoundAssembly assembly in assemblies)
        {
            ImageDataDirectory debug = assembly.Image.Debug;
            ImageDataDirectory resources = assembly.Image.Resources;
            parts.Add((assembly,
                Plan(assembly, debug.VirtualAddress, assembly.Image.FileOffset(debug.VirtualAddress), debug.Length, CaptureLimits.DebugDirectoryBytes),
                Plan(assembly, resources.VirtualAddress, assembly.Image.FileOffset(resources.VirtualAddress), resources.Length, CaptureLimits.ResourceBytes)));
        }

        ReadParts([.. parts.Select(part => (part.Assembly, part.Debug)), .. parts.Select(part => (part.Assembly, part.Resources))]);
        List<(FoundAssembly Assembly, MemoryRead Read)> records = [];
        foreach ((FoundAssembly assembly, MemoryRead debug, MemoryRead resources) in parts)
        {
            assembly.Version = PeVersion.Find(resources.Bytes, assembly.Image.Resources.VirtualAddress);
            if (PeImage.FindCodeView(debug.Bytes) is { } entry)
            {
                records.Add((assembly, Plan(assembly, entry.AddressOfRawData, entry.PointerToRawData, entry.SizeOfData, CaptureLimits.CodeViewBytes)));
            }
        }

        ReadParts(records);
        foreach ((FoundAssembly assembly, MemoryRead read) in records)
        {
            assembly.CodeView = PeImage.CodeView(read.Bytes);
        }
    }

    /// <summary>A part of an assembly; where it was read from the file, or is mapped as its file, at an offset in that.</summary>
    private static MemoryRead Plan(FoundAssembly assembly, uint address, uint? fileOffset, uint length, int limit)
    {
        bool isThere = address != 0 && (assembly is { IsLaidOut: true, FromFile: false } || fileOffset is not null);
        uint distance = assembly is { IsLaidOut: true, FromFile: false } ? address : fileOffset ?? 0;
        ulong start = assembly.FromFile ? 0 : assembly.Mapping.Start;
        return new MemoryRead(unchecked(start + distance), isThere ? (int)Math.Min(length, (uint)limit) : 0);
    }

    private void ReadParts(List<(FoundAssembly Assembly, MemoryRead Read)> parts)
    {
        _memory.Read([.. parts.Where(part => !part.Assembly.FromFile && part.Read.Length > 0).Select(part => part.Read)]);
        foreach ((FoundAssembly assembly, MemoryRead read) in parts)
        {
            if (assembly.FromFile && read.Length > 0)
            {
                _errors.Try(CaptureStep.Modules, assembly.Mapping.Path, () => ReadFile(assembly.Mapping, read, (long)read.Address));
            }
        }
    }

    private void FindIn(MemoryMapping[] chunk, List<FoundModule> found, List<FoundAssembly> assemblies)
    {
        MemoryRead[] headers = [.. chunk.Select(mapping => new MemoryRead(mapping.Start, CaptureLimits.ImageHeaderBytes))];
        _memory.Read(headers);
        for (int i = 0; i < chunk.Length; i++)
        {
            MemoryMapping mapping = chunk[i];
            MemoryRead header = headers[i];
            bool fromFile = header.Count == 0 && mapping.Path != VdsoMapping && FileOf(mapping) is not null;
            if (fromFile)
            {
                // Another program's mapping of the file may be unreadable here too: then it is no module for us.
                _errors.Try(CaptureStep.Modules, mapping.Path, () => ReadFile(mapping, header, 0));
            }

            if (PeImage.IsPe(header.Bytes))
            {
                AddAssembly(mapping, header, fromFile, assemblies);
            }

            if (!ElfImage.IsElf(header.Bytes))
            {
                continue;
            }

            try
            {
                ElfImage image = ElfImage.Parse(header.Bytes);
                if (image.IsLoadedAt(_map, mapping))
                {
                    found.Add(new FoundModule(mapping, image, image.Size, header, fromFile));
                }
            }
            catch (InvalidDataException) when (!IsExecutable(mapping))
            {
                // An object file or another machine's library that someone reads.
                continue;
            }
            catch (InvalidDataException error)
            {
                _errors.Add(CaptureStep.Modules, mapping.Path, $"{error.Message}; taken as long as its mappings");
                found.Add(new FoundModule(mapping, null, ExtentOf(mapping), header, fromFile));
            }
        }
    }

    private void AddAssembly(in MemoryMapping mapping, MemoryRead header, bool fromFile, List<FoundAssembly> assemblies)
    {
        try
        {
            PeImage image = PeImage.Parse(header.Bytes);
            bool isLaidOut = image.IsLaidOutAt(_map, mapping);
            if (isLaidOut || image.IsManaged)
            {
                assemblies.Add(new FoundAssembly(mapping, image, isLaidOut, fromFile));
            }
        }
        catch (InvalidDataException)
        {
            // Two letters make no image: any data may begin with them.
            return;
        }
    }

    /// <summary>Any of the mappings of this image may be executed.</summary>
    private bool IsExecutable(in MemoryMapping first)
    {
        ulong end = first.Start + ExtentOf(first);
        for (int i = _map.Find(first.Start); i < _map.Mappings.Count && _map.Mappings[i].Start < end; i++)
        {
            if (_map.Mappings[i].Executable)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the handler can open a mapping's file; null for a device, and for a deleted one without <c>map_files</c>.</summary>
    private string? FileOf(in MemoryMapping mapping) => mapping switch
    {
        _ when mapping.Path.StartsWith("/dev/", StringComparison.Ordinal) => null,
        // A page of it that is not there (a memfd cut short) is none in the file either.
        { Deleted: true } => _mapFiles is null || !_memory.IsRefused ? null : $"{_mapFiles}/{mapping.Start:x}-{mapping.End:x}",
        _ => _root + mapping.Path,
    };

    /// <summary>From a mapping to the end of the mappings of the same file behind it, up to the next that shows its beginning.</summary>
    private ulong ExtentOf(in MemoryMapping first)
    {
        ulong end = first.End;
        for (int i = _map.Find(first.Start) + 1; i < _map.Mappings.Count; i++)
        {
            MemoryMapping next = _map.Mappings[i];
            if (!next.SameSource(first) || next.Offset == 0)
            {
                break;
            }

            end = next.End;
        }

        return end - first.Start;
    }

    private void ReadBuildIds(List<FoundModule> found)
    {
        List<(FoundModule Module, MemoryRead Read, ulong Alignment)> notes = [];
        foreach (FoundModule module in found)
        {
            _errors.Try(CaptureStep.BuildId, module.Mapping.Path, () =>
            {
                _failSpots.Pass(CaptureFailSpots.BuildId);
                foreach (Elf64ProgramHeader note in module.Image?.Notes ?? [])
                {
                    int length = (int)Math.Min(note.FileSize, CaptureLimits.NoteBytes);
                    ulong distance = unchecked(note.VirtualAddress - module.Image!.HeaderAddress);
                    if (distance + (ulong)length <= (ulong)module.Header.Count && distance < CaptureLimits.ImageHeaderBytes)
                    {
                        module.BuildId ??= ElfImage.FindBuildId(module.Header.Bytes.Slice((int)distance, length), note.Alignment);
                    }
                    else if (module.FromFile)
                    {
                        MemoryRead read = new(note.Offset, length);
                        ReadFile(module.Mapping, read, (long)note.Offset);
                        module.BuildId ??= ElfImage.FindBuildId(read.Bytes, note.Alignment);
                    }
                    else
                    {
                        notes.Add((module, new MemoryRead(unchecked(module.Mapping.Start + distance), length), note.Alignment));
                    }
                }
            });
        }

        _memory.Read([.. notes.Select(note => note.Read)]);
        foreach ((FoundModule module, MemoryRead read, ulong alignment) in notes)
        {
            module.BuildId ??= ElfImage.FindBuildId(read.Bytes, alignment);
            if (module.BuildId is null && !read.IsWhole)
            {
                _errors.Add(CaptureStep.BuildId, module.Mapping.Path, $"{read.Count} of {read.Length} bytes of its notes could be read");
            }
        }
    }

    /// <summary>Readers drop the whole list when two overlap: the lower one is cut.</summary>
    private void SeparateNeighbours(List<ModuleSnapshot> modules)
    {
        for (int i = 0; i + 1 < modules.Count; i++)
        {
            ulong room = modules[i + 1].Address - modules[i].Address;
            if (modules[i].Size > room && modules[i].Pe is null && modules[i + 1].Pe is not null)
            {
                _errors.Add(CaptureStep.Modules, modules[i + 1].Path, $"left out: it lies in {modules[i].Path}");
                modules.RemoveAt(i + 1);
                i--;
            }
            else if (modules[i].Size > room && modules[i].Pe is not null)
            {
                // A file that is mapped as it is takes less than its image would: that is no loss.
                modules[i] = modules[i] with { Size = room };
            }
            else if (modules[i].Size > room)
            {
                _errors.Add(CaptureStep.Modules, modules[i].Path, $"cut from {modules[i].Size} to {room} bytes: {modules[i + 1].Path} begins there");
                modules[i] = modules[i] with { Size = room };
            }
        }
    }

    private bool IsDeleted(ulong address) => _map.Find(address) is >= 0 and int index && _map.Mappings[index].Deleted;

    /// <summary>Reads a range from the file instead.</summary>
    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    private void ReadFile(in MemoryMapping mapping, MemoryRead read, long offset)
    {
        string path = FileOf(mapping) ?? throw new InvalidDataException("it was deleted");
        using FileDescriptor file = ProcFs.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        byte[] buffer = new byte[read.Length];
        fixed (byte* start = buffer)
        {
            nint got = Libc.pread(file.Number, start, buffer.Length, offset);
            read.Count = got >= 0 ? (int)got : throw SyscallException.Last("pread", path);
        }

        read.Buffer = buffer;
    }
}
