using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Tests.Capture;

/// <summary>The least of an image that still is one.</summary>
internal static class MadeUpImages
{
    public static readonly Guid Pdb = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    /// <summary>The first page of a 64-bit ELF image: one segment to read at 0, one of code, and a build id in the first.</summary>
    /// <param name="buildId">Its bytes.</param>
    /// <param name="codeAddress">Where its code lies in memory.</param>
    /// <param name="codeOffset">Where its code lies in the file.</param>
    /// <param name="codeBytes">How much memory that takes.</param>
    /// <param name="baseAddress">Address the image is linked to.</param>
    public static byte[] Elf(byte[] buildId, ulong codeAddress = 0x1000, ulong codeOffset = 0x1000, ulong codeBytes = 0x1000, ulong baseAddress = 0)
    {
        const int noteAt = 0x400;
        byte[] page = new byte[4_096];
        Span<byte> bytes = page;
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[16..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[18..], 62);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[56..], 3);
        Segment(bytes[64..], 1, 4, 0, baseAddress, 0x800, 0x800);
        Segment(bytes[120..], 1, 5, codeOffset, baseAddress + codeAddress, codeBytes, codeBytes);
        Segment(bytes[176..], 4, 4, noteAt, baseAddress + noteAt, (ulong)(16 + buildId.Length), (ulong)(16 + buildId.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[noteAt..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(noteAt + 4)..], buildId.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[(noteAt + 8)..], 3);
        "GNU\0"u8.CopyTo(bytes[(noteAt + 12)..]);
        buildId.CopyTo(bytes[(noteAt + 16)..]);
        return page;
    }

    /// <summary>An assembly's file of two pages: headers, and one section with everything, which a loader would put at <paramref name="sectionAddress"/>.</summary>
    public static byte[] Assembly(uint sectionAddress = 0x2000, uint sizeOfImage = 0x4000, bool managed = true)
    {
        const uint raw = 0x1000;
        byte[] file = new byte[8_192];
        Span<byte> bytes = file;
        "MZ"u8.CopyTo(bytes);
        U32(bytes[0x3C..], 0x80);
        "PE\0\0"u8.CopyTo(bytes[0x80..]);
        Span<byte> header = bytes[0x84..];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0x14C);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 1);
        U32(header[4..], 0x9ABCDEF0);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 224);
        Span<byte> optional = header[20..];
        BinaryPrimitives.WriteUInt16LittleEndian(optional, 0x10B);
        U32(optional[56..], sizeOfImage);
        U32(optional[92..], 16);
        Directory(optional, 2, sectionAddress + 0x200, 0x200);
        Directory(optional, 6, sectionAddress, 56);
        Directory(optional, 14, managed ? sectionAddress + 0x500 : 0, managed ? 72u : 0);
        Span<byte> section = optional[224..];
        ".text"u8.CopyTo(section);
        U32(section[8..], 0x1000);
        U32(section[12..], sectionAddress);
        U32(section[16..], 0x1000);
        U32(section[20..], raw);

        Span<byte> body = bytes[(int)raw..];
        U32(body[12..], 16);
        U32(body[(28 + 12)..], 2);
        U32(body[(28 + 16)..], 24 + 8);
        U32(body[(28 + 20)..], sectionAddress + 0x100);
        U32(body[(28 + 24)..], raw + 0x100);
        Span<byte> codeView = body[0x100..];
        "RSDS"u8.CopyTo(codeView);
        Pdb.TryWriteBytes(codeView[4..]);
        U32(codeView[20..], 1);
        Encoding.UTF8.GetBytes("app.pdb\0").CopyTo(codeView[24..]);

        Span<byte> resources = body[0x200..];
        Entry(resources, 16, 0x8000_0018);
        Entry(resources[0x18..], 1, 0x8000_0030);
        Entry(resources[0x30..], 0x409, 0x48);
        U32(resources[0x48..], sectionAddress + 0x200 + 0x60);
        U32(resources[0x4C..], 92);
        Span<byte> version = resources[(0x60 + 40)..];
        U32(version, 0xFEEF04BD);
        U32(version[8..], 0x0001_0002);
        U32(version[12..], 0x0003_0004);
        U32(version[16..], 0x0005_0006);
        U32(version[20..], 0x0007_0008);
        return file;
    }

    private static void Segment(Span<byte> at, uint type, uint flags, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        U32(at, type);
        U32(at[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(at[40..], memorySize);
        BinaryPrimitives.WriteUInt64LittleEndian(at[48..], 4);
    }

    private static void Directory(Span<byte> optional, int index, uint address, uint size)
    {
        U32(optional[(96 + (index * 8))..], address);
        U32(optional[(100 + (index * 8))..], size);
    }

    private static void Entry(Span<byte> directory, uint id, uint target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(directory[14..], 1);
        U32(directory[16..], id);
        U32(directory[20..], target);
    }

    private static void U32(Span<byte> at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at, value);
}
