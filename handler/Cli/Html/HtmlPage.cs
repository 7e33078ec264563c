using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>A page that is being written.</summary>
/// <param name="output">Where to.</param>
internal sealed class HtmlPage(TextWriter output)
{
    internal TextWriter Out { get; } = output;

    /// <summary>Writes a line of markup.</summary>
    public void Write([InterpolatedStringHandlerArgument("")] HtmlMarkup markup)
    {
        Put(markup);
        Out.Write('\n');
    }

    /// <summary>Writes markup that goes on in the same line.</summary>
    public void Put([InterpolatedStringHandlerArgument("")] HtmlMarkup markup)
        // Its parts are written as the compiler hands them over, before this call.
        => _ = markup;

    /// <summary>Begins a section, which <see cref="End"/> ends.</summary>
    /// <param name="id">What a link calls it; ours.</param>
    /// <param name="title">Its heading.</param>
    public void Begin(string id, string title) => Write($"<section id=\"{id:plain}\">\n<h2>{title:plain}</h2>");

    /// <summary>Begins a section that is folded, which <see cref="EndFolded"/> ends.</summary>
    /// <param name="id">What a link calls it; ours.</param>
    /// <param name="title">Its heading.</param>
    public void BeginFolded(string id, string title) => Write($"<section id=\"{id:plain}\">\n<details>\n<summary><h2>{title:plain}</h2></summary>");

    public void End() => Write($"</section>");

    public void EndFolded() => Write($"</details>\n</section>");

    /// <summary>A row of a list of facts; none of it where there is no value.</summary>
    public void Fact(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Write($"<div><dt>{name:plain}</dt><dd>{value}</dd></div>");
        }
    }

    /// <summary>As <see cref="Fact"/>, of which each part keeps its own line.</summary>
    public void LongFact(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Write($"<div class=\"long\"><dt>{name:plain}</dt><dd>{value}</dd></div>");
        }
    }
}
