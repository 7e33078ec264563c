using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Handler.Minidump;

/// <summary>The two kinds of strings in a minidump, as bytes, and cuts that never split a character.</summary>
internal static class MinidumpString
{
    private const int LengthSize = sizeof(uint);

    /// <summary>A MINIDUMP_STRING: u32 length in bytes, UTF-16, u16 0. A lone surrogate, which readers reject, becomes U+FFFD.</summary>
    /// <param name="text">At most <see cref="MinidumpLimits.MaxUtf16Units"/> units; the end of a longer one is left out.</param>
    public static byte[] Utf16(string text)
    {
        string valid = WellFormed(Head(text, MinidumpLimits.MaxUtf16Units));
        byte[] bytes = new byte[LengthSize + ((valid.Length + 1) * sizeof(char))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, valid.Length * sizeof(char));
        MemoryMarshal.AsBytes(valid.AsSpan()).CopyTo(bytes.AsSpan(LengthSize));
        return bytes;
    }

    /// <summary>A MinidumpUTF8String: u32 length in bytes, UTF-8, one 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cutBytes">Bytes of the end left out because of <see cref="MinidumpLimits.MaxUtf8Bytes"/>; 0: all is there.</param>
    public static byte[] Utf8(string text, out int cutBytes)
    {
        byte[] whole = Encoding.UTF8.GetBytes(text);
        int length = whole.Length;
        if (length > MinidumpLimits.MaxUtf8Bytes)
        {
            length = MinidumpLimits.MaxUtf8Bytes;
            while (IsContinuation(whole[length]))
            {
                length--;
            }
        }

        cutBytes = whole.Length - length;
        byte[] bytes = new byte[LengthSize + length + 1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        whole.AsSpan(0, length).CopyTo(bytes.AsSpan(LengthSize));
        return bytes;
    }

    /// <summary>The first <paramref name="units"/> UTF-16 units, one less where they would end inside a character.</summary>
    public static string Head(string text, int units)
    {
        if (text.Length <= units)
        {
            return text;
        }

        return text[..(units > 0 && char.IsSurrogatePair(text[units - 1], text[units]) ? units - 1 : units)];
    }

    /// <summary>The last <paramref name="units"/> UTF-16 units, one less where they would begin inside a character.</summary>
    public static string Tail(string text, int units)
    {
        if (text.Length <= units)
        {
            return text;
        }

        int start = text.Length - units;
        return text[(units > 0 && char.IsSurrogatePair(text[start - 1], text[start]) ? start + 1 : start)..];
    }

    /// <summary>Fills a fixed field of UTF-16 units, always leaving a 0 at its end.</summary>
    public static void Fill(Span<ushort> field, string text)
    {
        field.Clear();
        WellFormed(Head(text, field.Length - 1)).CopyTo(MemoryMarshal.Cast<ushort, char>(field));
    }

    private static string WellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                return Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));
            }
        }

        return text;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
