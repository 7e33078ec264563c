using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary>What an image's file has and its memory has not: sections, and with them <c>.symtab</c>. Every number in it is a stranger's.</summary>
internal sealed class ElfFile
{
    private const int PageBytes = 4_096;

    // A file is read for its tables, from their beginning to their end: few pages need be kept.
    private const int CachedPages = 64;
    private readonly CachedMemory _file;
    private readonly ElfImage _image;
    private readonly Elf64Header _header;
    private readonly Elf64SectionHeader[] _sections;

    private ElfFile(CachedMemory file, byte[] firstPage)
    {
        _file = file;
        FirstPage = firstPage;
        _image = ElfImage.Parse(firstPage);
        _header = MemoryMarshal.Read<Elf64Header>(firstPage);
        _sections = ReadSections();
        BuildId = FindBuildId();
    }

    /// <summary>Its first page, or all of it.</summary>
    public byte[] FirstPage { get; }

    /// <summary>NT_GNU_BUILD_ID; empty: it has none.</summary>
    public byte[] BuildId { get; }

    /// <summary>Reads the headers.</summary>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ElfFile Read(Stream stream)
    {
        CachedMemory file = new(new FileMemory(stream), CachedPages);
        byte[] page = new byte[PageBytes];
        return new ElfFile(file, page[..file.Read(0, page)]);
    }

    /// <summary>Whether a loaded image comes from this file: the build id says so; where neither has one, the first page does, which has every table's place in it.</summary>
    /// <param name="buildId">The image's; empty: none.</param>
    /// <param name="firstPage">Its first page in memory.</param>
    public bool IsOf(ReadOnlySpan<byte> buildId, ReadOnlySpan<byte> firstPage)
        => buildId.SequenceEqual(BuildId) && (buildId.Length > 0 || (FirstPage.Length == PageBytes && FirstPage.AsSpan().SequenceEqual(firstPage)));

    /// <summary>The functions of <c>.symtab</c>; null: it was stripped.</summary>
    /// <exception cref="InvalidDataException">The table is none.</exception>
    public SymbolTable? ReadSymbols()
    {
        foreach (Elf64SectionHeader section in _sections)
        {
            if (section.Type == Elf64SectionHeader.SymbolTable && section.Link < _sections.Length)
            {
                Elf64SectionHeader names = _sections[section.Link];
                ulong count = Math.Min(section.Length / Elf64Symbol.Size, StacksLimits.Symbols);
                return SymbolTable.Read(_file, section.Offset, (int)count, names.Offset, names.Length);
            }
        }

        return null;
    }

    /// <summary>The section of a name that is loaded into memory; null: there is none.</summary>
    public Elf64SectionHeader? Find(string name)
    {
        if (_header.SectionNamesIndex >= _sections.Length)
        {
            return null;
        }

        Elf64SectionHeader names = _sections[_header.SectionNamesIndex];
        byte[] wanted = Encoding.UTF8.GetBytes($"{name}\0");
        byte[] found = new byte[wanted.Length];
        foreach (Elf64SectionHeader section in _sections)
        {
            if (section.Type is Elf64SectionHeader.ProgramBits or Elf64SectionHeader.X8664Unwind && section.Address != 0
                && _file.Read(unchecked(names.Offset + section.NameOffset), found) == found.Length && found.AsSpan().SequenceEqual(wanted))
            {
                return section;
            }
        }

        return null;
    }

    private Elf64SectionHeader[] ReadSections()
    {
        if (_header.SectionHeaderOffset == 0 || _header.SectionHeaderSize != Elf64SectionHeader.Size)
        {
            return [];
        }

        // elf(5): e_shnum is 0 where the number is too large for it, and stands in the first section.
        ulong count = _header.SectionHeaderCount;
        if (count == 0 && _file.TryRead(_header.SectionHeaderOffset, out Elf64SectionHeader first))
        {
            count = first.Length;
        }

        Elf64SectionHeader[] sections = new Elf64SectionHeader[Math.Min(count, StacksLimits.Sections)];
        int got = _file.Read(_header.SectionHeaderOffset, MemoryMarshal.AsBytes(sections.AsSpan()));
        return sections[..(got / Elf64SectionHeader.Size)];
    }

    private byte[] FindBuildId()
    {
        foreach (Elf64ProgramHeader note in _image.Notes)
        {
            byte[] bytes = new byte[Math.Min(note.FileSize, StacksLimits.NoteBytes)];
            if (ElfImage.FindBuildId(bytes.AsSpan(0, _file.Read(note.Offset, bytes)), note.Alignment) is { } id)
            {
                return id;
            }
        }

        return [];
    }
}
