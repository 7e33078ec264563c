using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;

namespace CrashHandler.Handler.Managed;

/// <summary>The little of an ELF image, in a process or in a file, that says whether a debugging library belongs to a runtime.</summary>
internal sealed class ElfView
{
    // elf(5): ELFDATA2LSB, EM_X86_64, ET_DYN, PF_W.
    private const byte LittleEndian = 1;
    private const ushort MachineX64 = 62;
    private const ushort SharedObject = 3;
    private const uint Writable = 2;
    private const int PageBytes = 4_096;

    // The what(1) string that every native library of the runtime carries; its end is a zero.
    private static readonly byte[] s_versionMarker = "@(#)Version "u8.ToArray();

    private readonly IProcessMemory _memory;
    private readonly bool _isFile;
    private readonly ulong _bias;
    private readonly ElfImage _image;

    private ElfView(IProcessMemory memory, ulong address, bool isFile)
    {
        _memory = memory;
        _isFile = isFile;
        Span<byte> page = stackalloc byte[PageBytes];
        page = page[..memory.Read(address, page)];
        if (!ElfImage.IsElf(page) || page.Length < Elf64Header.Size)
        {
            throw new InvalidDataException("it is no ELF file");
        }

        Elf64Header header = MemoryMarshal.Read<Elf64Header>(page);
        if (header.Class != Elf64Header.Class64 || header.Data != LittleEndian || header.Machine != MachineX64 || header.Type != SharedObject)
        {
            throw new InvalidDataException("it is no shared library for x86-64");
        }

        _image = ElfImage.Parse(page);
        _bias = unchecked(address - _image.HeaderAddress);
    }

    /// <summary>Looks at an image in a process.</summary>
    /// <exception cref="InvalidDataException">It is none of a shared library of x86-64.</exception>
    public static ElfView OfProcess(IProcessMemory memory, ulong address) => new(memory, address, isFile: false);

    /// <summary>Looks at a file.</summary>
    /// <exception cref="InvalidDataException">It is no shared library of x86-64.</exception>
    public static ElfView OfFile(IProcessMemory file) => new(file, 0, isFile: true);

    /// <summary>Version and commit, such as <c>10.0.1226.42308 @Commit: 95017c7…</c>; null: it says none.</summary>
    public string? FindVersion()
    {
        foreach (Elf64ProgramHeader segment in _image.Loads)
        {
            if ((segment.Flags & Writable) != 0 && FindVersion(Contents(segment)) is { } version)
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>Names of the libraries that it needs.</summary>
    public List<string> FindNeeded()
    {
        if (_image.Find(Elf64ProgramHeader.Dynamic) is not { } dynamic)
        {
            return [];
        }

        List<ulong> names = [];
        ulong strings = 0;
        foreach (Elf64Dynamic entry in MemoryMarshal.Cast<byte, Elf64Dynamic>(Contents(dynamic)))
        {
            if (entry.Tag == Elf64Dynamic.End || names.Count >= StacksLimits.DynamicEntries)
            {
                break;
            }

            if (entry.Tag == Elf64Dynamic.Needed)
            {
                names.Add(entry.Value);
            }
            else if (entry.Tag == Elf64Dynamic.StringTable)
            {
                strings = entry.Value;
            }
        }

        return [.. names.Select(name => ReadString(unchecked(strings + name)))];
    }

    private ReadOnlySpan<byte> Contents(in Elf64ProgramHeader segment)
    {
        byte[] bytes = new byte[(int)Math.Min(segment.FileSize, StacksLimits.VersionSearchBytes)];
        int count = _memory.Read(_isFile ? segment.Offset : unchecked(_bias + segment.VirtualAddress), bytes);
        return bytes.AsSpan(0, count);
    }

    // In a process the loader may have made a relative address an absolute one.
    private string ReadString(ulong address)
    {
        Span<byte> name = stackalloc byte[StacksLimits.LibraryNameBytes];
        int count = _memory.Read(_isFile ? FileOffset(address) : address >= _bias ? address : unchecked(_bias + address), name);
        int end = name[..count].IndexOf((byte)0);
        return end < 0 ? "" : Encoding.UTF8.GetString(name[..end]);
    }

    private ulong FileOffset(ulong address)
    {
        foreach (Elf64ProgramHeader segment in _image.Loads)
        {
            if (segment.VirtualAddress <= address && address - segment.VirtualAddress < segment.FileSize)
            {
                return unchecked(segment.Offset + (address - segment.VirtualAddress));
            }
        }

        return ulong.MaxValue;
    }

    private static string? FindVersion(ReadOnlySpan<byte> bytes)
    {
        int start = bytes.IndexOf(s_versionMarker);
        if (start < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> text = bytes[(start + s_versionMarker.Length)..];
        text = text[..Math.Min(text.Length, StacksLimits.VersionBytes)];
        int end = text.IndexOf((byte)0);
        return end > 0 ? Encoding.ASCII.GetString(text[..end]) : null;
    }
}
