using System.Buffers.Binary;

namespace CrashHandler.Handler.Exec;

/// <summary>What the headers of an image say of it ("PE Format"). Pure.</summary>
/// <param name="Machine">For which processor it is.</param>
/// <param name="IsManaged">Whether it has a CLI header: an assembly, or a program of .NET Framework.</param>
internal readonly record struct PortableExecutable(ushort Machine, bool IsManaged)
{
    /// <summary>Bytes of a file, or of a loaded image, that are enough: linkers put the headers into the first hundreds.</summary>
    public const int HeaderBytes = 4096;

    /// <summary>IMAGE_FILE_MACHINE_AMD64 and _I386.</summary>
    public const ushort Amd64 = 0x8664, I386 = 0x14C;

    private const ushort DosMagic = 0x5A4D, Plus = 0x20B;
    private const uint PeMagic = 0x4550;
    private const int NewHeaderField = 0x3C;
    private const int OptionalHeader = 24;
    // IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR, of eight bytes each, behind the optional header's own fields.
    private const int CliDirectory = 14, DirectoryBytes = 8, Directories32 = 96, Directories64 = 112;

    /// <summary>Reads them; null: it is no image.</summary>
    public static PortableExecutable? Read(ReadOnlySpan<byte> image)
    {
        if (image.Length < NewHeaderField + sizeof(int) || BinaryPrimitives.ReadUInt16LittleEndian(image) != DosMagic)
        {
            return null;
        }

        int start = BinaryPrimitives.ReadInt32LittleEndian(image[NewHeaderField..]);
        if (start < 0 || start > image.Length - OptionalHeader - Directories64 - ((CliDirectory + 1) * DirectoryBytes) || BinaryPrimitives.ReadUInt32LittleEndian(image[start..]) != PeMagic)
        {
            return null;
        }

        ReadOnlySpan<byte> optional = image[(start + OptionalHeader)..];
        int directories = BinaryPrimitives.ReadUInt16LittleEndian(optional) == Plus ? Directories64 : Directories32;
        int count = BinaryPrimitives.ReadInt32LittleEndian(optional[(directories - sizeof(int))..]);
        return new(
            BinaryPrimitives.ReadUInt16LittleEndian(image[(start + sizeof(uint))..]),
            count > CliDirectory && BinaryPrimitives.ReadUInt32LittleEndian(optional[(directories + (CliDirectory * DirectoryBytes))..]) != 0);
    }
}
