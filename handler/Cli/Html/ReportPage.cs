using System.Globalization;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>
/// One report as a page of its own, for people: what killed the process first, what surrounds it after. It needs no script, no network and no other file, and its policy allows none.
/// The environment is not on it even where the dump has it: pages are passed on.
/// </summary>
internal sealed class ReportPage
{
    // Without a byte order mark: the head names the encoding.
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false);

    // Signals of which an address is known, signal(7): SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. That of others is no news.
    private static readonly int[] s_haveAddress = [4, 5, 7, 8, 11];

    private readonly HtmlPage _page;
    private readonly ReportRecord _report;
    private readonly MinidumpFile _dump;
    private readonly StackDocument? _stacks;
    private readonly ShownReport _shown;

    private ReportPage(HtmlPage page, ShownReport shown)
    {
        _page = page;
        _shown = shown;
        _report = shown.Record;
        _dump = shown.Dump;
        _stacks = shown.Stacks.Document;
    }

    /// <summary>Writes it, in UTF-8.</summary>
    public static void Write(Stream output, ShownReport report)
    {
        using StreamWriter writer = new(output, s_encoding, leaveOpen: true);
        new ReportPage(new HtmlPage(writer), report).Write();
    }

    private string Headline => _report.CaptureReason is not null ? "Captured on request"
        : _stacks?.Exception?.Type ?? _report.Exception?.Type ?? _report.Reason;

    private string? Message => _report.CaptureReason ?? _stacks?.Exception?.Message ?? _report.Exception?.Message;

    private void Write()
    {
        _page.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{PageStyle.Policy:plain}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{Headline:plain} · crash report {_report.Id:plain}</title>
            <style>{PageStyle.Sheet}</style>
            </head>
            <body>
            """);
        WriteHead();
        _page.Write($"<main>");
        StackSections stacks = new(_page, _stacks, _dump);
        stacks.WriteException(_report.Exception);
        stacks.WriteFirst(_shown.Stacks.Problem ?? _report.ManagedProblem ?? (_report.HasDump ? null : EndWords.Gone));
        WriteParameters();
        WriteProblems();
        WriteUpload();
        if (_report.HasDump)
        {
            stacks.WriteOthers();
            WriteRegisters();
            WriteModules();
            WriteDump();
        }

        _page.Write($"""
            </main>
            <footer><p>Crash report <code>{_report.Id}</code>. It may hold what is private: pass it on as you would the dump.</p></footer>
            </body>
            </html>
            """);
    }

    private void WriteHead()
    {
        _page.Write($"""
            <header>
            <p class="kind">{(_report.CaptureReason is null ? "Crash report" : "Report of a process that goes on"):plain} <span class="state">{ReportJson.StateName(_report.State):plain}</span></p>
            <h1>{Headline}</h1>
            """);
        if (!string.IsNullOrEmpty(Message))
        {
            _page.Write($"<p class=\"message\">{Message:lines}</p>");
        }

        _page.Write($"<dl class=\"facts\">");
        _page.LongFact("Signature", _report.Signature);
        _page.LongFact("Reason", Reason());
        _page.LongFact("Ended", _report.End is { } end ? EndWords.Status(end) : null);
        _page.LongFact("Memory", _report.End is { } known ? EndWords.Memory(known) : null);
        _page.LongFact("Cgroup", _report.End is { } within ? EndWords.Cgroup(within) : null);
        _page.LongFact("Minidump", _report.HasDump ? null : EndWords.NoDump);
        _page.Fact("Product", Product());
        _page.Fact("Process", $"{_report.ProcessType}, pid {_report.ProcessId}");
        _page.Fact(_report.CaptureReason is null ? "Crashed" : "Captured", _report.Created.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture));
        _page.Fact("Runtime", _stacks?.Runtime is { } runtime ? StackWords.Runtime(runtime) : null);
        _page.Fact("System", System());
        _page.LongFact("Executable", _report.Executable);
        _page.LongFact("Command line", _dump.LinuxFiles.TryGetValue(MinidumpStreamType.LinuxCmdLine, out string? command) ? command.TrimEnd('\0').Replace('\0', ' ') : null);
        _page.Write($"""
            </dl>
            </header>
            """);
    }

    private string Reason()
    {
        if (_dump.Exception is not { } exception || _report.CaptureReason is not null)
        {
            return _report.Reason;
        }

        string address = s_haveAddress.Contains((int)exception.Code) ? $" at 0x{exception.Address:x}" : "";
        return $"{_report.Reason}{address}, in thread {exception.ThreadId}{(_dump.CrashedThread?.Name is { Length: > 0 } name ? $" ({name})" : "")}";
    }

    private string? Product()
    {
        string name = Parameter(RegistrationFields.ProductName) ?? Parameter(RegistrationFields.Prod) ?? "";
        string version = Parameter(RegistrationFields.Version) ?? Parameter(RegistrationFields.Ver) ?? "";
        string company = Parameter(RegistrationFields.CompanyName) is { Length: > 0 } known ? $", {known}" : "";
        return $"{name} {version}".Trim() + company;
    }

    private string? Parameter(string key) => _report.Parameters.GetValueOrDefault(key);

    private string? System() => _dump.System is not { } system ? null
        : $"{system.Platform} {system.Version}, {system.Architecture}, {StackWords.Number(system.Record.NumberOfProcessors)} processors";

    private void WriteParameters()
    {
        _page.Begin("parameters", "Parameters");
        _page.Write($"<p class=\"note\">What the application said of itself, and what is sent with the report.</p>");
        _page.Write($"<dl class=\"pairs\">");
        foreach ((string key, string value) in _report.Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            _page.Write($"<div><dt>{key}</dt><dd>{value}</dd></div>");
        }

        _page.Write($"</dl>");
        if (_report.Attachments.Count > 0)
        {
            _page.Write($"<h3>Attachments</h3>\n<ul class=\"plain\">");
            foreach (string name in _report.Attachments)
            {
                _page.Write($"<li>{name}</li>");
            }

            _page.Write($"</ul>");
        }

        WriteModuleAnnotations();
        _page.End();
    }

    private void WriteModuleAnnotations()
    {
        foreach (DumpModuleAnnotations module in _dump.Crashpad?.Modules ?? [])
        {
            _page.Write($"<h3>{ModuleName(module.ModuleIndex)}</h3>\n<dl class=\"pairs\">");
            foreach ((string key, string value) in module.Simple.Concat(module.Objects))
            {
                _page.Write($"<div><dt>{key}</dt><dd>{value}</dd></div>");
            }

            _page.Write($"</dl>\n<ul class=\"plain\">");
            foreach (string text in module.List)
            {
                _page.Write($"<li>{text}</li>");
            }

            _page.Write($"</ul>");
        }
    }

    private string ModuleName(uint index) => index < _dump.Modules.Count ? _dump.Modules[(int)index].FileName : $"module {index}";

    private void WriteProblems()
    {
        List<string> problems =
        [
            .. _report.SoftErrors,
            .. _dump.SoftErrors.Select(error => error.Text).Except(_report.SoftErrors),
            .. _stacks?.Problems ?? [],
            .. _dump.Streams.SelectMany(stream => stream.Problems.Select(problem => $"{stream.Name}: {problem}")),
        ];
        if (problems.Count == 0)
        {
            return;
        }

        _page.Begin("problems", $"Left out or cut ({StackWords.Number(problems.Count)})");
        _page.Write($"<p class=\"note\">What could not be read, or was more than a report holds.</p>\n<ul class=\"plain\">");
        foreach (string problem in problems)
        {
            _page.Write($"<li>{problem}</li>");
        }

        _page.Write($"</ul>");
        _page.End();
    }

    private void WriteUpload()
    {
        _page.Begin("upload", "Upload");
        _page.Write($"<dl class=\"facts\">");
        _page.Fact("State", ReportJson.StateName(_report.State) + (_report.ExplicitRequest ? ", asked for" : ""));
        _page.Fact("Server's id", _report.ServerId);
        _page.Fact("Uploaded", Time(_report.UploadedAt));
        _page.Fact("Attempts", Attempts());
        _page.Fact("Last attempt", Time(_report.LastAttempt));
        _page.Fact("Next attempt", Time(_report.NextAttempt));
        _page.LongFact("Last error", _report.LastError);
        _page.LongFact("To", ReportJson.ShownUrl(_report.Delivery.Url) ?? "the handler's URL");
        _page.LongFact("Server's answer", _report.ServerAnswer);
        _page.Write($"</dl>");
        _page.End();
    }

    private string Attempts()
    {
        string unanswered = _report.Unanswered > 0 ? $", and {StackWords.Number(_report.Unanswered)} without an answer" : "";
        return $"{StackWords.Number(_report.Attempts)} answered{unanswered}";
    }

    private void WriteRegisters()
    {
        if ((_dump.Exception?.Context ?? _dump.CrashedThread?.Context) is not { } context)
        {
            return;
        }

        _page.BeginFolded("registers", "Registers");
        _page.Write($"<dl class=\"registers\">");
        foreach ((string name, ulong value) in Amd64RegisterNames.Of(context))
        {
            _page.Write($"<div><dt>{name:plain}</dt><dd>{$"0x{value:x16}":plain}</dd></div>");
        }

        _page.Write($"</dl>");
        _page.EndFolded();
    }

    private void WriteModules()
    {
        _page.BeginFolded("modules", $"Modules ({StackWords.Number(_dump.Modules.Count)})");
        _page.Write($"""
            <div class="wide" tabindex="0" role="region" aria-label="Modules">
            <table>
            <thead><tr><th scope="col">Module</th><th scope="col">Version</th><th scope="col">Address</th><th scope="col">Bytes</th><th scope="col">Code id, debug id</th></tr></thead>
            <tbody>
            """);
        foreach (DumpModule module in _dump.Modules)
        {
            _page.Write($"""
                <tr><th scope="row">{module.FileName}<small>{module.Path}</small></th><td>{module.Version}</td><td class="number">{module.Address}</td><td class="number">{(long)module.Size}</td><td class="id">{module.CodeId}<br>{module.DebugId}</td></tr>
                """);
        }

        _page.Write($"</tbody>\n</table>\n</div>");
        _page.EndFolded();
    }

    private void WriteDump()
    {
        _page.BeginFolded("dump", "Minidump");
        _page.Write($"<dl class=\"facts\">");
        _page.LongFact("File", _shown.DumpPath);
        _page.Fact("Bytes", StackWords.Number(_dump.FileSize));
        _page.Fact("Threads", StackWords.Number(_dump.Threads.Count));
        _page.Fact("Captured in", string.Create(CultureInfo.InvariantCulture, $"{_report.CaptureMilliseconds:0.0} ms"));
        _page.Fact("Stood still", _report.FrozenMilliseconds is { } frozen ? string.Create(CultureInfo.InvariantCulture, $"{frozen:0.0} ms") : null);
        _page.Fact("Access", _report.Access == nameof(CaptureAccess.Frozen) ? null : _report.Access);
        _page.LongFact("Private", $"{(_report.HasEnvironment ? "the environment is in the dump" : "the environment is left out")}; stacks and registers are {(_report.IsSanitized ? "sanitized" : "as they were")}");
        _page.LongFact("Heap dump", _shown.HeapDumpPath is { } heap ? $"{heap}, {StackWords.Number(new FileInfo(heap).Length)} bytes" : null);
        _page.LongFact("System", _dump.System?.Description);
        _page.LongFact("Written by", _dump.Process?.Writer);
        _page.Write($"</dl>");
        _page.EndFolded();
    }

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
