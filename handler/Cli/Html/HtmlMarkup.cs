using System.Globalization;
using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>
/// What <see cref="HtmlPage.Write"/> is given. The literal parts are this program's own markup; whatever is put into them is text, and escaped. There is no other way
/// to write to a page, so none to forget it.
/// </summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlMarkup
{
    /// <summary>Format of a text that stands where no element can: a title.</summary>
    public const string Plain = "plain";

    /// <summary>Format of a text that keeps its line breaks.</summary>
    public const string Lines = "lines";

    private readonly TextWriter _out;

    /// <summary>As the compiler calls it.</summary>
    public HtmlMarkup(int literalLength, int formattedCount, HtmlPage page)
    {
        _ = (literalLength, formattedCount);
        _out = page.Out;
    }

    public void AppendLiteral(string markup) => _out.Write(markup);

    public void AppendFormatted(string text) => AppendFormatted(text, "");

    /// <summary>A text in an element that isolates it: Hebrew in it does not turn what stands beside it.</summary>
    public void AppendFormatted(string text, string format)
    {
        if (format == Plain)
        {
            _out.Write(HtmlText.Escape(text));
            return;
        }

        _out.Write("<bdi>");
        _out.Write(format == Lines ? HtmlText.EscapeLines(text) : HtmlText.Escape(text));
        _out.Write("</bdi>");
    }

    /// <summary>The one text that is not escaped: ours.</summary>
    public void AppendFormatted(PageStyle style) => _out.Write(style.ToString());

    public void AppendFormatted(long number) => _out.Write(number.ToString("N0", CultureInfo.InvariantCulture));

    public void AppendFormatted(ulong address) => _out.Write(string.Create(CultureInfo.InvariantCulture, $"0x{address:x}"));

    public void AppendFormatted(DateTimeOffset time) => _out.Write(time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
}
