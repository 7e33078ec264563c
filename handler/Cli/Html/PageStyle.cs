namespace CrashHandler.Handler.Cli.Html;

/// <summary>How a page looks: for light and dark screens of any width, and for paper.</summary>
internal sealed class PageStyle
{
    /// <summary>
    /// Nothing but this style, known by its hash: whatever else got into a page, such as a script, an image or another style, would neither run nor be fetched.
    /// </summary>
    public const string Policy = $"default-src 'none'; style-src 'sha256-{Hash}'; base-uri 'none'; form-action 'none'";

    /// <summary>SHA-256 of <see cref="Text"/>, in base 64. Not computed: that would take OpenSSL, which a machine need not have; a test compares the two.</summary>
    public const string Hash = "Bxy5kY2QGjW8tHLBgz8qjGvLddV0kOJKLyuqiQmbDno=";

    /// <summary>The one there is, to be put into a page.</summary>
    public static readonly PageStyle Sheet = new();

    /// <summary>Cascading Style Sheets, as they stand between the tags.</summary>
    public const string Text = """
        :root {
          --back: #fbfaf8; --card: #ffffff; --ink: #1c1b1a; --soft: #66625c; --line: #e3dfd8; --shade: #f3f0eb;
          --alarm: #b3261e; --link: #1f5fa8; --count: #8a5a00;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --back: #161514; --card: #1e1d1b; --ink: #eceae6; --soft: #a39e96; --line: #35322e; --shade: #272522;
            --alarm: #ff8a80; --link: #8ab8f0; --count: #e0b050;
          }
        }
        * { box-sizing: border-box; }
        html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body { margin: 0 auto; max-width: 72rem; padding: 2.5rem 1.5rem 4rem; background: var(--back); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
        h1, h2, h3, p, dl, dd, ol, ul, pre { margin: 0; padding: 0; }
        h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; color: var(--alarm); }
        h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; }
        h3 { font-size: .95rem; font-weight: 600; }
        code, pre, dd, .id, .number, .plain, .hint, .at { font-family: var(--mono); font-size: .85rem; }
        code { font-size: inherit; }
        h1, dd { max-height: 11rem; overflow: auto; }
        .kind { margin-bottom: .4rem; color: var(--soft); font-size: .85rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; }
        .state { margin-left: .5rem; padding: .1rem .55rem; border: 1px solid var(--line); border-radius: 1rem; letter-spacing: 0; text-transform: none; }
        .message { margin-top: .5rem; font-size: 1.1rem; white-space: pre-wrap; }
        header .message { max-height: 5.1em; overflow: auto; }
        .note { color: var(--soft); font-size: .9rem; }
        .count { color: var(--count); font-size: .85rem; }
        header { padding-bottom: .5rem; }
        header .facts { margin-top: 1.5rem; }
        section { margin-top: 1.25rem; padding: 1.25rem 1.4rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
        section > h2 + *, section > details > summary + * { margin-top: .75rem; }
        section > h3 { margin-top: 1.25rem; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: .9rem 1.5rem; }
        .facts .long { grid-column: 1 / -1; }
        dt { color: var(--soft); font-size: .8rem; }
        .pairs > div, .registers > div { display: grid; grid-template-columns: minmax(6rem, 16rem) 1fr; gap: 0 1.25rem; padding: .3rem 0; border-top: 1px solid var(--line); }
        .note + .pairs { margin-top: .75rem; }
        .pairs dt { font-family: var(--mono); font-size: .85rem; }
        .registers { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0 1.5rem; }
        .registers > div { grid-template-columns: 4rem 1fr; }
        .plain { list-style: none; }
        .plain li { padding: .25rem 0; border-top: 1px solid var(--line); }
        pre { margin-top: .6rem; padding: .9rem 1rem; max-height: 40rem; overflow: auto; background: var(--shade); border-radius: .4rem; white-space: pre-wrap; line-height: 1.45; }
        .exception { margin-top: .75rem; }
        .exception .exception { margin-left: .4rem; padding-left: 1rem; border-left: 3px solid var(--line); }
        .type { color: var(--alarm); font-weight: 600; }
        .exception .message { margin-top: .15rem; font-size: 1rem; max-height: 30rem; overflow: auto; }
        .cause { margin-top: .9rem; color: var(--soft); font-size: .9rem; font-style: italic; }
        .stack { margin-top: .6rem; list-style: none; font-family: var(--mono); font-size: .85rem; line-height: 1.45; }
        .stack li { display: flex; gap: .7rem; padding: .16rem 0; }
        .stack .count { padding-left: 5.1rem; }
        .n { flex: none; min-width: 2.4rem; text-align: right; color: var(--soft); }
        .k { flex: none; width: 1.5em; height: 1.5em; border-radius: .25rem; background: var(--shade); color: var(--soft); font: 600 .75rem/1.5em var(--mono); text-align: center; }
        .stack .k { margin-top: .1rem; }
        .f { min-width: 0; }
        .M code { font-weight: 600; }
        .N code, .T code { color: var(--soft); }
        .at { display: block; color: var(--link); }
        .doubt { margin-left: .6rem; color: var(--soft); font-size: .8rem; font-style: italic; }
        .legend { display: flex; flex-wrap: wrap; gap: .3rem .5rem; align-items: center; margin-top: .9rem; color: var(--soft); font-size: .8rem; }
        .legend .k:not(:first-child) { margin-left: .8rem; }
        summary { cursor: pointer; list-style-position: inside; }
        summary h2, summary h3 { display: inline; }
        section > details > details, #threads > details { border-top: 1px solid var(--line); padding: .5rem 0; margin-top: 0; }
        #threads > details:last-child { padding-bottom: 0; }
        #threads > h2 { margin-bottom: .75rem; }
        .hint { display: block; margin-left: 1.1rem; color: var(--soft); font-size: .8rem; }
        details[open] > summary > .hint { display: none; }
        .wide { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .85rem; text-align: left; }
        th, td { padding: .4rem .8rem .4rem 0; border-top: 1px solid var(--line); vertical-align: top; }
        thead th { border-top: 0; color: var(--soft); font-size: .8rem; font-weight: 500; }
        tbody th { min-width: 12rem; font-weight: 600; }
        small { display: block; color: var(--soft); font-family: var(--mono); font-size: .75rem; font-weight: 400; }
        .id { min-width: 15rem; font-size: .75rem; }
        .number { white-space: nowrap; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
        @media (max-width: 40rem) {
          body { padding: 1.25rem .8rem 3rem; }
          h1 { font-size: 1.45rem; }
          section { padding: 1rem .9rem; border-radius: .45rem; }
          .pairs > div { grid-template-columns: 1fr; }
          .stack li { gap: .45rem; }
          .n { min-width: 1.6rem; }
          .stack .count { padding-left: 3.9rem; }
          .exception .exception { margin-left: 0; padding-left: .7rem; }
        }
        @media print {
          :root { --back: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --shade: #eee; --alarm: #8a1a14; --link: #000; --count: #444; }
          body { max-width: none; padding: 0; font-size: 10pt; }
          section { padding: .6rem 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; }
          h1, dd, pre, header .message, .exception .message, .wide { max-height: none; overflow: visible; }
          details::details-content { content-visibility: visible; }
          h2, h3, summary { break-after: avoid; }
          .stack li, tr { break-inside: avoid; }
        }
        """;

    private PageStyle()
    {
    }

    /// <summary>The style sheet.</summary>
    public override string ToString() => Text;
}
