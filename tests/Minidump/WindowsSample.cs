using System.Buffers.Binary;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Minidump;

/// <summary>A dump as dbghelp writes one: Wine's, of a program that writes to 0x1230 on its first thread and has another one (<c>Samples/sample.c</c>).</summary>
internal static class WindowsSample
{
    /// <summary>The crashed thread.</summary>
    public const uint Thread = 540;

    /// <summary>The instruction.</summary>
    public const ulong Instruction = 0x140001353;

    /// <summary>Its bytes, as they were written.</summary>
    public static byte[] Bytes() => File.ReadAllBytes(Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Minidump", "Samples", "sample.dmp"));

    /// <summary>The same with another exception.</summary>
    public static byte[] With(uint code, params ulong[] parameters)
    {
        byte[] bytes = Bytes();
        // Behind the thread and four bytes of alignment; MINIDUMP_EXCEPTION.
        Span<byte> record = bytes.AsSpan((int)Find(bytes, MinidumpStreamType.Exception).Rva + 8);
        BinaryPrimitives.WriteUInt32LittleEndian(record, code);
        BinaryPrimitives.WriteInt32LittleEndian(record[24..], parameters.Length);
        for (int i = 0; i < parameters.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record[(32 + (i * 8))..], parameters[i]);
        }

        return bytes;
    }

    /// <summary>Where a stream is.</summary>
    public static MinidumpLocationDescriptor Find(byte[] dump, MinidumpStreamType type)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(dump.AsSpan(8)), directory = BinaryPrimitives.ReadInt32LittleEndian(dump.AsSpan(12));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = dump.AsSpan(directory + (i * 12));
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) == (uint)type)
            {
                return new MinidumpLocationDescriptor { DataSize = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), Rva = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) };
            }
        }

        throw new InvalidDataException($"there is no {type}");
    }
}
