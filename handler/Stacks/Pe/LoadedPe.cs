using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>A PE image for x64 as it lies in the process's memory. Every number in it is a stranger's.</summary>
internal sealed class LoadedPe
{
    private readonly ImageDataDirectory[] _directories;
    private readonly ImageSectionHeader[] _sections;

    private LoadedPe(ImageDataDirectory[] directories, ImageSectionHeader[] sections)
    {
        _directories = directories;
        _sections = sections;
    }

    /// <summary>It has the header of the common language runtime: an assembly, perhaps precompiled.</summary>
    public bool IsManaged => Find(ImageOptionalHeader64.ComDescriptor) is not null;

    /// <summary>Reads the headers.</summary>
    /// <returns>Null: it is an image without code for x64 of Windows, such as an assembly of IL, or one precompiled for Linux.</returns>
    /// <exception cref="InvalidDataException">There is no such image.</exception>
    public static LoadedPe? Read(CachedMemory memory, WalkModule module)
    {
        ImageDosHeader dos = memory.Read<ImageDosHeader>(module.Address);
        if (dos.Magic != ImageDosHeader.DosSignature)
        {
            throw new InvalidDataException("no MZ header");
        }

        ulong address = module.Address + dos.NewHeader;
        (uint Signature, ImageFileHeader File) start = memory.Read<(uint, ImageFileHeader)>(address);
        if (start.Signature != ImageNtHeaders64.NtSignature)
        {
            throw new InvalidDataException($"no PE header at offset {dos.NewHeader}");
        }

        if (start.File.Machine != ImageFileHeader.MachineAmd64)
        {
            return null;
        }

        ImageNtHeaders64 headers = memory.Read<ImageNtHeaders64>(address);
        int sections = headers.FileHeader.NumberOfSections;
        if (headers.OptionalHeader.Magic != ImageOptionalHeader64.Hdr64Magic || headers.FileHeader.SizeOfOptionalHeader < ImageOptionalHeader64.Size || sections > StacksLimits.PeSections)
        {
            throw new InvalidDataException($"{sections} sections and an optional header of {headers.FileHeader.SizeOfOptionalHeader} bytes with the magic number 0x{headers.OptionalHeader.Magic:x}");
        }

        ulong optional = address + ImageNtHeaders64.OptionalHeaderOffset;
        long room = (headers.FileHeader.SizeOfOptionalHeader - ImageOptionalHeader64.Size) / ImageDataDirectory.Size;
        int directories = (int)Math.Min(Math.Min(headers.OptionalHeader.NumberOfRvaAndSizes, room), StacksLimits.PeDirectories);
        return new LoadedPe(
            ReadAll<ImageDataDirectory>(memory, optional + ImageOptionalHeader64.Size, directories),
            ReadAll<ImageSectionHeader>(memory, optional + headers.FileHeader.SizeOfOptionalHeader, sections));
    }

    /// <summary>A directory; null: it has none.</summary>
    public ImageDataDirectory? Find(int index)
        => index < _directories.Length && _directories[index] is { VirtualAddress: > 0, Length: > 0 } directory ? directory : null;

    /// <summary>Whether an address, as distance from the image's beginning, is in code.</summary>
    public bool IsExecutable(uint address)
    {
        foreach (ref readonly ImageSectionHeader section in _sections.AsSpan())
        {
            if (section.IsExecutable && section.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static T[] ReadAll<T>(CachedMemory memory, ulong address, int count)
        where T : unmanaged
        => MemoryMarshal.Cast<byte, T>(memory.ReadBytes(address, count * Unsafe.SizeOf<T>())).ToArray();
}
