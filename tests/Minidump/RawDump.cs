using System.Buffers.Binary;
using System.Text;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Tests.Minidump;

/// <summary>Minidumps made by hand, byte by byte, also wrong ones.</summary>
internal static class RawDump
{
    /// <summary>Where the body of the only stream of <see cref="Of(MinidumpStreamType, byte[])"/> begins.</summary>
    public const uint Body = 32 + 12;

    /// <summary>A dump with one stream.</summary>
    public static byte[] Of(MinidumpStreamType type, params byte[] body) => Of((type, body));

    /// <summary>A dump with streams, their bodies in order behind the directory.</summary>
    public static byte[] Of(params (MinidumpStreamType Type, byte[] Body)[] streams)
    {
        List<byte> directory = [];
        List<byte> bodies = [];
        uint offset = 32 + (12 * (uint)streams.Length);
        foreach ((MinidumpStreamType type, byte[] body) in streams)
        {
            directory.AddRange(U32((uint)type, (uint)body.Length, offset + (uint)bodies.Count));
            bodies.AddRange(body);
        }

        return [.. Header((uint)streams.Length), .. directory, .. bodies];
    }

    /// <summary>What readers know and our writer does not make: 64-bit memory, annotations of modules, longer forms of lists.</summary>
    public static byte[] WithEverythingElse()
    {
        const uint streams = 6;
        const uint at = 32 + (12 * streams);
        byte[] key = Utf8("key");
        byte[] value = Utf8("one");
        uint valueAt = at + (uint)key.Length;
        uint dictionaryAt = valueAt + (uint)value.Length;
        byte[] dictionary = U32(1, at, valueAt);
        uint listAt = dictionaryAt + (uint)dictionary.Length;
        byte[] list = U32(1, at);
        uint objectsAt = listAt + (uint)list.Length;
        byte[] objects = U32(1, at, 1, valueAt);
        uint moduleAt = objectsAt + (uint)objects.Length;
        byte[] module = U32(1, (uint)list.Length, listAt, (uint)dictionary.Length, dictionaryAt, (uint)objects.Length, objectsAt);
        uint linksAt = moduleAt + (uint)module.Length;
        byte[] links = U32(1, 0, (uint)module.Length, moduleAt);
        uint nameAt = linksAt + (uint)links.Length;
        byte[] blob = [.. key, .. value, .. dictionary, .. list, .. objects, .. module, .. links, .. Text("File")];
        return Of(
            (MinidumpStreamType.CommentA, blob),
            (MinidumpStreamType.CrashpadInfo, U32(1, 1, 2, 3, 4, 5, 6, 7, 8, (uint)dictionary.Length, dictionaryAt, (uint)links.Length, linksAt, 0, 0, 0)),
            (MinidumpStreamType.Memory64List, [.. U64(2, 0), .. U64(0x1000, 16), .. U64(0x2000, 8)]),
            (MinidumpStreamType.MemoryInfoList, [.. U32(24, 56), .. U64(2), .. new byte[8], .. new byte[112]]),
            (MinidumpStreamType.HandleData, [.. U32(16, 40, 1, 0), .. U64(3), .. U32(nameAt, nameAt), .. new byte[24]]),
            (MinidumpStreamType.BreakpadInfo, U32(3, 7, 8)));
    }

    /// <summary>A header whose directory follows it.</summary>
    public static byte[] Header(uint streams, uint directory = 32) => U32(0x504d444d, 0xa793, streams, directory, 0, 0, 0, 0);

    public static byte[] U32(params uint[] values)
    {
        byte[] bytes = new byte[values.Length * sizeof(uint)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), values[i]);
        }

        return bytes;
    }

    public static byte[] U64(params ulong[] values) => U32([.. values.SelectMany(value => new[] { (uint)value, (uint)(value >> 32) })]);

    /// <summary>A MINIDUMP_STRING.</summary>
    public static byte[] Text(string text) => [.. U32((uint)text.Length * 2), .. Encoding.Unicode.GetBytes(text), 0, 0];

    /// <summary>A MinidumpUTF8String.</summary>
    public static byte[] Utf8(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [.. U32((uint)bytes.Length), .. bytes, 0];
    }
}
