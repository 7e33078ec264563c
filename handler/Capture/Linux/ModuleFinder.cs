using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Finds the ELF images of a process: mappings of a file's beginning that hold an ELF header and are laid out as a loader
/// does it, and the vdso. Headers and notes are read from memory in few calls, from the file where memory is refused.
/// </summary>
internal sealed unsafe class ModuleFinder
{
    private const string VdsoMapping = "[vdso]";
    private const string VdsoName = "linux-gate.so";

    private readonly MemoryMap _map;
    private readonly RemoteMemory _memory;
    private readonly string _root;
    private readonly SoftErrorList _errors;
    private readonly CaptureFailSpots _failSpots;

    /// <param name="map">The process's mappings.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="root">Its root directory as the handler can open it.</param>
    /// <param name="errors">Where soft errors go.</param>
    /// <param name="failSpots">What a test lets fail.</param>
    public ModuleFinder(MemoryMap map, RemoteMemory memory, string root, SoftErrorList errors, CaptureFailSpots failSpots)
    {
        _map = map;
        _memory = memory;
        _root = root;
        _errors = errors;
        _failSpots = failSpots;
    }

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
        foreach (MemoryMapping[] chunk in candidates.Chunk(CaptureLimits.MaxReadVectors))
        {
            FindIn(chunk, found);
        }

        ReadBuildIds(found);
        List<ModuleSnapshot> modules = [.. found.OrderBy(module => module.Mapping.Start).Select(ToSnapshot)];
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
            modules.RemoveRange(CaptureLimits.MaxModules, modules.Count - CaptureLimits.MaxModules);
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

    private void FindIn(MemoryMapping[] chunk, List<FoundModule> found)
    {
        MemoryRead[] headers = [.. chunk.Select(mapping => new MemoryRead(mapping.Start, CaptureLimits.ImageHeaderBytes))];
        _memory.Read(headers);
        for (int i = 0; i < chunk.Length; i++)
        {
            MemoryMapping mapping = chunk[i];
            MemoryRead header = headers[i];
            bool fromFile = header.Count == 0 && IsFileReadable(mapping);
            if (fromFile)
            {
                // Another program's mapping of the file may be unreadable here too: then it is no module for us.
                _errors.Try(CaptureStep.Modules, mapping.Path, () => header.Count = ReadFile(mapping.Path, header.Buffer, 0));
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
            catch (InvalidDataException error)
            {
                _errors.Add(CaptureStep.Modules, mapping.Path, $"{error.Message}; taken as long as its mappings");
                found.Add(new FoundModule(mapping, null, ExtentOf(mapping), header, fromFile));
            }
        }
    }

    private static bool IsFileReadable(in MemoryMapping mapping)
        => mapping.Path != VdsoMapping && !mapping.Deleted && !mapping.Path.StartsWith("/dev/", StringComparison.Ordinal);

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
                        byte[] buffer = new byte[length];
                        int count = ReadFile(module.Mapping.Path, buffer, (long)note.Offset);
                        module.BuildId ??= ElfImage.FindBuildId(buffer.AsSpan(0, count), note.Alignment);
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
                _errors.Add(CaptureStep.BuildId, module.Mapping.Path, $"{read.Count} of {read.Buffer.Length} bytes of its notes could be read");
            }
        }
    }

    /// <summary>Readers drop the whole list when two overlap: the lower one is cut.</summary>
    private void SeparateNeighbours(List<ModuleSnapshot> modules)
    {
        for (int i = 0; i + 1 < modules.Count; i++)
        {
            ulong room = modules[i + 1].Address - modules[i].Address;
            if (modules[i].Size > room)
            {
                _errors.Add(CaptureStep.Modules, modules[i].Path, $"cut from {modules[i].Size} to {room} bytes: {modules[i + 1].Path} begins there");
                modules[i] = modules[i] with { Size = room };
            }
        }
    }

    private bool IsDeleted(ulong address) => _map.Find(address) is >= 0 and int index && _map.Mappings[index].Deleted;

    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    private int ReadFile(string path, byte[] buffer, long offset)
    {
        using FileDescriptor file = ProcFs.Open(_root + path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        fixed (byte* start = buffer)
        {
            nint got = Libc.pread(file.Number, start, buffer.Length, offset);
            return got >= 0 ? (int)got : throw SyscallException.Last("pread", path);
        }
    }
}
