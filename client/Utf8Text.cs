using System.Text;

namespace CrashHandler;

/// <summary>Texts as long as a place allows. Pure.</summary>
internal static class Utf8Text
{
    /// <summary>Ends a text that was cut.</summary>
    private const string CutMark = "…";

    /// <summary>Cuts a text to <paramref name="maxBytes"/> bytes of UTF-8 at a character boundary; a cut one ends in '…'.</summary>
    public static string Cut(string text, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encoding.UTF8.GetByteCount(text) <= maxBytes ? text : Shorten(text, maxBytes - Encoding.UTF8.GetByteCount(CutMark)) + CutMark;
    }

    /// <summary>Cuts a text likewise, without a mark.</summary>
    public static string Shorten(string text, int maxBytes)
    {
        int room = maxBytes;
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
