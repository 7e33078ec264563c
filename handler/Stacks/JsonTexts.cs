using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CrashHandler.Handler.Stacks;

/// <summary>
/// Texts of JSON that somebody else wrote, or a disk that went bad. A reader looks at a text only when somebody asks for it: one that is none would be found by whoever shows or
/// rewrites what was taken for whole, members that nobody knows among it.
/// </summary>
internal static class JsonTexts
{
    /// <summary>Sees to it that every text and name is UTF-8 of whole characters.</summary>
    /// <param name="json">All of it.</param>
    /// <param name="depth">How deep it may nest.</param>
    /// <exception cref="JsonException">One is not, or it is no JSON.</exception>
    public static void Require(ReadOnlySpan<byte> json, int depth)
    {
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("it is no UTF-8");
        }

        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = depth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
            {
                throw new JsonException($"a text before byte {reader.BytesConsumed} has half a character");
            }
        }
    }

    /// <summary>Whether a text of JSON has half of a surrogate pair, as <c>\uXXXX</c>. Its escapes are whole: the reader has seen to that.</summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<byte> text)
    {
        const int EscapeLength = 6;
        bool isOpen = false;
        while (text.IndexOf((byte)'\\') is int escape && escape >= 0)
        {
            isOpen &= escape == 0;
            text = text[escape..];
            if (text[1] != (byte)'u')
            {
                if (isOpen)
                {
                    return true;
                }

                text = text[2..];
                continue;
            }

            char unit = (char)Convert.ToUInt16(Encoding.ASCII.GetString(text[2..EscapeLength]), 16);
            if (isOpen != char.IsLowSurrogate(unit))
            {
                return true;
            }

            isOpen = char.IsHighSurrogate(unit);
            text = text[EscapeLength..];
            if (isOpen && !text.StartsWith("\\u"u8))
            {
                return true;
            }
        }

        return isOpen;
    }
}
