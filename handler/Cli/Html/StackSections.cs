using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>The exception and the stacks of a report's page. Where nobody walked them, what the minidump knows of its threads.</summary>
/// <param name="page">The page.</param>
/// <param name="stacks">The stacks; null: there are none.</param>
/// <param name="dump">The minidump.</param>
internal sealed class StackSections(HtmlPage page, StackDocument? stacks, MinidumpFile dump)
{
    /// <summary>The exception with its inner ones, else in the process's own words; nothing where there is none.</summary>
    public void WriteException(ReportException? said)
    {
        StackException? exception = stacks?.Exception;
        // The process's own words have what the stacks lack.
        bool areWordsNews = said is not null && exception is null or { Frames.Count: 0 };
        if (exception is null && !areWordsNews)
        {
            return;
        }

        page.Begin("exception", "The exception");
        if (exception is not null)
        {
            WriteChain(exception);
        }

        if (said is not null && areWordsNews)
        {
            page.Write($"<p class=\"note\">In the process's own words:</p>\n<pre tabindex=\"0\">{said.Text:lines}</pre>");
        }

        page.End();
    }

    /// <summary>The stack of the thread that crashed.</summary>
    /// <param name="problem">Why there are no stacks, or no managed ones; null: not known, or there are.</param>
    public void WriteFirst(string? problem)
    {
        if (stacks is not { Threads: [StackThread first, ..] })
        {
            page.Begin("stack", "Stack");
            page.Write($"<p class=\"note\">There is none: {problem ?? "nobody looked for it"}.</p>");
            page.End();
            return;
        }

        page.Begin("stack", first.Crashed ? "The crashed thread" : "The thread");
        page.Write($"<p class=\"note\">{StackWords.Describe(first)}; {StackWords.Source(stacks)}</p>");
        WriteThread(first);
        page.Write($"""
            <p class="legend"><span class="k">M</span> managed <span class="k">N</span> native <span class="k">T</span> transition of the runtime</p>
            """);
        page.End();
    }

    /// <summary>All other threads, those of one stack together.</summary>
    public void WriteOthers()
    {
        if (stacks is not { Threads.Count: > 0 })
        {
            WriteDumpThreads();
        }
        else if (stacks.Threads.Count > 1)
        {
            page.Begin("threads", $"Other threads ({StackWords.Number(stacks.Threads.Count - 1)})");
            foreach (ThreadGroup group in ThreadGroup.Of(stacks.Threads, from: 1))
            {
                page.Write($"<details>\n<summary><h3>{StackWords.Describe(group)}</h3>");
                if (Telling(group.Example) is { } frame)
                {
                    page.Write($"<span class=\"hint\">{StackWords.Method(frame)}</span>");
                }

                page.Write($"</summary>");
                WriteThread(group.Example);
                page.Write($"</details>");
            }

            page.End();
        }
    }

    private void WriteChain(StackException outermost)
    {
        page.Write($"<div class=\"exception\">\n<p class=\"type\">{outermost.Type}</p>");
        if (outermost.HResult is { } code)
        {
            page.Write($"<p class=\"note\">HRESULT {$"0x{code:x8}":plain}</p>");
        }

        if (!string.IsNullOrEmpty(outermost.Message))
        {
            page.Write($"<p class=\"message\">{outermost.Message:lines}</p>");
        }

        if (outermost.Problem is { } problem)
        {
            page.Write($"<p class=\"note\">{problem}</p>");
        }

        WriteLines(StackLine.Of(outermost.Frames));
        foreach (StackException inner in outermost.Inner)
        {
            page.Write($"<p class=\"cause\">caused by</p>");
            WriteChain(inner);
        }

        page.Write($"</div>");
    }

    private void WriteThread(StackThread thread)
    {
        // Of the crashed one it stands above.
        if (thread.Exception is { } held && (held.Type, held.Message) != (stacks?.Exception?.Type, stacks?.Exception?.Message))
        {
            page.Write($"<p class=\"note\">It holds {held.Type}{(held.Message is { } message ? $": {message}" : "")}</p>");
        }

        if (thread.Problem is { } problem)
        {
            page.Write($"<p class=\"note\">No managed frames: {problem}</p>");
        }

        WriteLines(StackLine.Of(thread));
        if (StackWords.Rest(thread) is { } rest)
        {
            page.Write($"<p class=\"count\">{rest}</p>");
        }
    }

    private void WriteLines(IReadOnlyList<StackLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        page.Write($"<ol class=\"stack\">");
        foreach (StackLine line in lines)
        {
            WriteLine(line);
        }

        page.Write($"</ol>");
    }

    private void WriteLine(StackLine line)
    {
        if (line.Frame is not { } frame)
        {
            page.Write($"<li class=\"count\">… {(long)line.LeftOut} frames left out</li>");
            return;
        }

        string kind = frame.Kind.ToString()[..1];
        page.Put($"<li class=\"{kind:plain}\"><span class=\"n\">{(long)line.Number}</span> <span class=\"k\">{kind:plain}</span> <span class=\"f\"><code>{StackWords.Method(frame)}</code>");
        if (StackWords.Place(frame) is { } place)
        {
            page.Put($"<span class=\"at\"> in {place}</span>");
        }

        if (StackWords.Doubt(frame) is { } doubt)
        {
            page.Put($"<span class=\"doubt\"> ({doubt})</span>");
        }

        page.Write($"</span></li>");
        if (line.Repeats is { } run)
        {
            page.Write($"<li class=\"count\">{StackWords.Repetition(run)}</li>");
        }
    }

    // What says most of what a thread does.
    private static StackFrame? Telling(StackThread thread)
        => thread.Frames.FirstOrDefault(frame => frame.Kind == StackFrameKind.Managed) ?? thread.Frames.FirstOrDefault(frame => frame.Kind == StackFrameKind.Native && frame.Method is not null);

    private void WriteDumpThreads()
    {
        page.BeginFolded("threads", $"Threads ({StackWords.Number(dump.Threads.Count)})");
        page.Write($"<ul class=\"plain\">");
        foreach (DumpThread thread in dump.Threads)
        {
            string place = dump.ContextOf(thread) is not { } context ? "no registers"
                : dump.ModuleAt(context.Rip) is { } module ? $"{module.FileName}+0x{context.Rip - module.Address:x}"
                : $"0x{context.Rip:x}";
            page.Write($"<li>{$"{thread.Id}{(thread.Name.Length > 0 ? $" ({thread.Name})" : "")}"}: <code>{place}</code></li>");
        }

        page.Write($"</ul>");
        page.EndFolded();
    }
}
