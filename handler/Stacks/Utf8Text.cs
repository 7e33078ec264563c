using System.Text;

namespace CrashHandler.Handler.Stacks;

/// <summary>Texts as long as a place allows. Pure.</summary>
internal static class Utf8Text
{
    /// <summary>Cuts a text to <paramref name="bytes"/> bytes of UTF-8, before the character that passes them.</summary>
    public static string Cut(string text, int bytes)
    {
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
            {
                return text[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return text;
    }
}
