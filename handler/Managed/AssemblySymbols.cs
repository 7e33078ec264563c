using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// Finds the portable PDB that belongs to an assembly: embedded in it, or beside it. The debug directory says which it must be
/// (PE-COFF.md of the .NET runtime, "Debug Directory").
/// </summary>
internal static class AssemblySymbols
{
    private const string Extension = ".pdb";

    // "MPDB", then the size of what is compressed.
    private const uint EmbeddedSignature = 0x4244_504D;
    private const int EmbeddedHeaderBytes = 8;

    /// <summary>Opens it.</summary>
    /// <param name="modulePath">Path of the assembly.</param>
    /// <param name="mvid">The module version id that its file must have.</param>
    /// <param name="open">Opens a file; null: it is not there.</param>
    /// <param name="budget">Of the walk.</param>
    /// <returns>Null: there is none.</returns>
    /// <exception cref="InvalidDataException">There is one that belongs to another build, or is not read for its size.</exception>
    /// <exception cref="BadImageFormatException">Assembly or PDB is broken.</exception>
    public static PortablePdb? Open(string modulePath, Guid mvid, Func<string, Stream?> open, PdbBudget budget)
    {
        using Stream? file = open(modulePath);
        if (file is null)
        {
            return null;
        }

        // Of a FileStream the reader would map what it needs: a file that is cut meanwhile would be a SIGBUS.
        using BufferedStream assembly = new(file);
        if (!assembly.CanSeek || assembly.Length > StacksLimits.AssemblyBytes)
        {
            throw new InvalidDataException($"at most {StacksLimits.AssemblyBytes} bytes of an assembly are read");
        }

        using PEReader image = new(assembly, PEStreamOptions.LeaveOpen);
        if (image.PEHeaders.PEHeader is not { DebugTableDirectory.Size: > 0 } header || !image.HasMetadata)
        {
            return null;
        }

        Require(header.DebugTableDirectory.Size, StacksLimits.DebugDirectoryBytes, "debug directory");
        ImmutableArray<DebugDirectoryEntry> entries = image.ReadDebugDirectory();

        // Without a portable CodeView entry nobody says which PDB it must be; the other kind names one for Windows.
        DebugDirectoryEntry codeView = entries.FirstOrDefault(entry => entry.IsPortableCodeView);
        if (codeView.DataSize == 0)
        {
            return null;
        }

        Require(codeView.DataSize, StacksLimits.DebugDirectoryBytes, "CodeView entry");
        CodeViewDebugDirectoryData names = image.ReadCodeViewDebugDirectoryData(codeView);
        PdbId id = new(names.Guid, codeView.Stamp);
        PortablePdb? pdb = Embedded(image, assembly, entries, id, budget) ?? Beside(modulePath, names.Path, open, id, budget);
        if (pdb is not null && Mvid(image) is { } found && found != mvid)
        {
            pdb.Dispose();
            throw new InvalidDataException($"its file is of another build: {found}, and {mvid} is loaded");
        }

        return pdb;
    }

    private static PortablePdb? Embedded(PEReader image, BufferedStream assembly, ImmutableArray<DebugDirectoryEntry> entries, PdbId id, PdbBudget budget)
    {
        DebugDirectoryEntry entry = entries.FirstOrDefault(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        if (entry.DataSize <= EmbeddedHeaderBytes)
        {
            return null;
        }

        // The library reserves as much as the entry says: it is asked first.
        Span<byte> header = stackalloc byte[EmbeddedHeaderBytes];
        assembly.Seek(entry.DataPointer, SeekOrigin.Begin);
        assembly.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != EmbeddedSignature)
        {
            throw new BadImageFormatException("its embedded PDB has no signature");
        }

        Require(entry.DataSize, StacksLimits.PdbBytes, "embedded PDB");
        budget.TakeBytes(BinaryPrimitives.ReadInt32LittleEndian(header[sizeof(uint)..]));
        return PortablePdb.Of(image.ReadEmbeddedPortablePdbDebugDirectoryData(entry), id)
            ?? throw new InvalidDataException("its embedded PDB is of another build");
    }

    // The name that the compiler gave it, or else the assembly's: never a directory that the assembly names.
    private static PortablePdb? Beside(string modulePath, string compiledPath, Func<string, Stream?> open, PdbId id, PdbBudget budget)
    {
        string compiledName = compiledPath[(compiledPath.LastIndexOfAny(['/', '\\']) + 1)..];
        string ownName = Path.ChangeExtension(Path.GetFileName(modulePath), Extension);
        string[] names = compiledName.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !compiledName.Contains('\0') ? [compiledName, ownName] : [ownName];
        bool isOther = false;
        foreach (string name in names.Distinct(StringComparer.Ordinal))
        {
            using Stream? file = open(Path.Join(Path.GetDirectoryName(modulePath), name));
            if (file is null)
            {
                continue;
            }

            using BufferedStream stream = new(file);
            budget.TakeBytes(stream.CanSeek ? stream.Length : long.MaxValue);
            if (PortablePdb.IsPortable(stream))
            {
                if (PortablePdb.Of(MetadataReaderProvider.FromPortablePdbStream(stream, MetadataStreamOptions.PrefetchMetadata | MetadataStreamOptions.LeaveOpen), id) is { } pdb)
                {
                    return pdb;
                }

                isOther = true;
            }
        }

        return isOther ? throw new InvalidDataException("the PDB beside it is of another build") : null;
    }

    private static Guid Mvid(PEReader image)
    {
        Require(image.PEHeaders.MetadataSize, StacksLimits.MetadataBytes, "metadata");
        MetadataReader metadata = image.GetMetadataReader(MetadataReaderOptions.None);
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static void Require(int bytes, int most, string what)
    {
        if (bytes < 0 || bytes > most)
        {
            throw new InvalidDataException($"its {what} has {bytes} bytes, and at most {most} are read");
        }
    }
}
