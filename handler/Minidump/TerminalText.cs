using System.Globalization;
using System.Text;

namespace CrashHandler.Handler.Minidump;

/// <summary>Text of a stranger, made safe for a terminal.</summary>
internal static class TerminalText
{
    /// <summary>
    /// The text on one line: control characters, invisible format characters (which can reverse what is read) and line
    /// separators stand as <c>\n</c>, <c>\t</c> or <c>\u{1b}</c>. All else stays.
    /// </summary>
    public static string Escape(string text)
    {
        // Nearly all texts, of which a table has seventy thousand.
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        int first = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsUnsafe(rune))
            {
                break;
            }

            first += rune.Utf16SequenceLength;
        }

        if (first >= text.Length)
        {
            return text;
        }

        StringBuilder escaped = new(text, 0, first, text.Length + 16);
        foreach (Rune rune in text.AsSpan(first).EnumerateRunes())
        {
            if (!IsUnsafe(rune))
            {
                escaped.Append(rune.ToString());
            }
            else if (rune.Value == '\n')
            {
                escaped.Append(@"\n");
            }
            else if (rune.Value == '\t')
            {
                escaped.Append(@"\t");
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $@"\u{{{rune.Value:x}}}");
            }
        }

        return escaped.ToString();
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate;
}
