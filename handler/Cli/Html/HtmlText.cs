using System.Text;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>Text of a stranger, made safe for a page.</summary>
internal static class HtmlText
{
    /// <summary>
    /// The text on one line, as <see cref="TerminalText.Escape"/> shows it: what would reverse or hide other text is as harmful on a page as at a terminal.
    /// Nothing of it is markup, neither between tags nor in an attribute.
    /// </summary>
    public static string Escape(string text)
    {
        string visible = TerminalText.Escape(text);
        if (visible.AsSpan().IndexOfAny("&<>\"'") < 0)
        {
            return visible;
        }

        StringBuilder escaped = new(visible.Length + 16);
        foreach (char character in visible)
        {
            _ = character switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }

    /// <summary>As <see cref="Escape"/>, with its line breaks: for a text that has a block of its own, in which no line can pass for one of ours.</summary>
    public static string EscapeLines(string text)
        => string.Join('\n', text.TrimEnd().Split('\n').Select(line => Escape(line.TrimEnd('\r'))));
}
