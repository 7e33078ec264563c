using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Cli.Html;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.Minidump;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Stacks;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>The page of a report: what is on it, in which order, and that nobody else's text is anything but text.</summary>
public sealed partial class ReportPageTests
{
    // Of a record: credentials, which are kept back, and what the stacks say in its place.
    private static readonly string[] s_unshown = ["Delivery.Url", "Delivery.Headers.key", "Delivery.Headers.value", "ManagedSource", "ManagedProblem", "Exception.Type", "Exception.Message", "Exception.Text"];

    private static readonly string[] s_elements =
    [
        "bdi", "body", "br", "code", "dd", "details", "div", "dl", "dt", "footer", "h1", "h2", "h3", "head", "header", "html", "li", "main", "meta", "ol", "p", "pre", "section", "small", "span", "style",
        "summary", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
    ];

    private static readonly string[] s_void = ["br", "meta"];

    [Fact]
    public void WhatKilledTheProcessComesFirst()
    {
        StackException inner = SampleStack.Exception("System.FormatException", "App.Config.Parse(System.String)") with { Message = "no number" };
        StackException exception = SampleStack.Exception("App.StartException", "App.Config.Load()") with { Message = "two\nlines", HResult = unchecked((int)0x80131500), Inner = [inner] };
        StackFrame[] frames = [SampleStack.Frame("libc.so.6!abort") with { FunctionOffset = 0x1a }, SampleStack.Frame("[Helper]"), SampleStack.Frame("App.Config.Load()") with { File = "/src/Config.cs", Line = 12 }];
        StackDocument document = SampleStack.Document(exception, frames) with
        {
            Runtime = new StackRuntime { Version = "10.0.1", GcMode = "server", Path = "" },
            Threads =
            [
                new StackThread { ThreadId = 71, Name = "main", Crashed = true, Frames = frames },
                .. Enumerable.Range(80, 12).Select(id => new StackThread { ThreadId = id, Frames = SampleStack.Frames("libc.so.6!futex_wait", "App.Pool.Wait()") }),
                new StackThread { ThreadId = 99, ManagedName = "writer" },
            ],
        };

        string page = Words(Page(Report(), document));

        string[] parts =
        [
            "App.StartException", "two\nlines", "Signature", "App.StartException | App.Config.Load", "Reason", "SIGSEGV /SEGV_MAPERR at 0x0, in thread 71", "Product", "Größe 1.2", ".NET 10.0.1, server GC",
            "The exception", "HRESULT 0x80131500", "0 M App.Config.Load()", "caused by", "System.FormatException", "no number",
            "The crashed thread", "71 (main)", "0 N libc.so.6!abort+0x1a", "1 T [Helper]", "2 M App.Config.Load() in /src/Config.cs:12",
            "Parameters", "colour", "blue", "Attachments", "app.log", "Left out or cut", "the log is too long", "Upload", "Server's id", "bp-1",
            "Other threads (13)", "12 threads: 80, 81, 82, 83, 84, 85, 86, 87, 88, 89 and 2 more", "App.Pool.Wait()", "99 (writer)",
            "Registers", "rip", "Modules (4)", "libfoo.so.1.2.3", "/usr/lib/libfoo.so.1.2.3", "1.2.3", "0b16212c37424d58636e79848f9aa5b0bbc6d1dc", "Minidump", "/reports/x.dmp",
        ];
        int at = 0;
        foreach (string part in parts)
        {
            int found = page.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' does not come after what is before it:\n{page}");
            at = found + part.Length;
        }
    }

    [Fact]
    public void ARepetitionStandsOnceAndWhatIsLeftOutIsSaid()
    {
        StackFrame[] frames = [SampleStack.Frame("P.A()"), SampleStack.Frame("P.B()") with { Run = new StackRun(1, 8090, false) }, SampleStack.Frame("P.Main()")];
        string page = Words(Page(Report(), new StackDocument { Source = StackSource.Walk, Threads = [new StackThread { ThreadId = 1, Crashed = true, Frames = frames, LeftOut = 10, LeftOutAt = 2 }] }));
        Assert.Contains("1 M P.B()\n… 8,090 times\n… 10 frames left out\n8,101 M P.Main()\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutStacksItHasTheProcessesWordsAndWhatTheDumpKnows()
    {
        ReportRecord report = Report() with { Exception = new ReportException("App.OwnException", "no", "App.OwnException: no\n   at App.Program.Main()"), ManagedProblem = "the walk took longer than 5 s" };
        string page = Words(Page(report, document: null));
        Assert.Contains("App.OwnException: no\n   at App.Program.Main()\n", page, StringComparison.Ordinal);
        Assert.Contains("There is none: the walk took longer than 5 s.", page, StringComparison.Ordinal);
        Assert.Matches(@"Threads \(3\)\s+71 \(worker 0\): app\+0x1000\s+72: app\+0x1000\s", page);
    }

    [Fact]
    public void WhoAskedForItDidNotCrash()
    {
        string page = Words(Page(Report() with { CaptureReason = "it is slow", Reason = "requested: it is slow" }, document: null));
        Assert.Contains("Captured on request\nit is slow\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Crashed", page, StringComparison.Ordinal);
    }

    /// <summary>Every text of every part, and of parts that are yet to come: as a page and at a terminal.</summary>
    [Fact]
    public void HostileTextIsTextWhereverItStands()
    {
        ReportRecord report = Hostile.Fill<ReportRecord>() with { HasDump = true };
        CrashHandler.Handler.Minidump.DumpStream damaged = new(MinidumpStreamType.ModuleList, 1, 1);
        damaged.AddProblem($"[stream] {Hostile.Text}");
        MinidumpFile dump = Hostile.Fill<MinidumpFile>() with { Streams = [damaged], LinuxFiles = new Dictionary<MinidumpStreamType, string> { [MinidumpStreamType.LinuxCmdLine] = $"[command] {Hostile.Text}" } };
        StackDocument document = Hostile.Fill<StackDocument>();
        using MemoryStream stream = new();
        ReportPage.Write(stream, new ShownReport(report, $"/[dump] {Hostile.Text}", null, dump, new StoredStacks(null, document, $"[problem] {Hostile.Text}")));
        string page = Encoding.UTF8.GetString(stream.ToArray());
        using StringWriter terminal = new();
        ReportText.Write(terminal, report, $"/[dump] {Hostile.Text}", null, dump, new StoredStacks(null, document, $"[problem] {Hostile.Text}"), new TerminalColours(AreOn: false));
        TextTable.Write(terminal, ["A", "B"], [[report.ProcessType, report.ServerId!]]);

        Hostile.AssertHarmless(terminal.ToString());
        Hostile.AssertHarmless(page);
        AssertOnlyOurMarkup(page);
        string words = Words(page);
        foreach (string name in typeof(ReportRecord).GetProperties().SelectMany(property => Names(property.PropertyType, property.Name)).Except(s_unshown))
        {
            Assert.Contains($"[ReportRecord.{name}] {Hostile.Shown}", words, StringComparison.Ordinal);
            Assert.True(name == nameof(ReportRecord.ServerAnswer) || terminal.ToString().Contains($"[ReportRecord.{name}] {Hostile.Shown}", StringComparison.Ordinal), name);
        }

        string[] others =
        [
            "command", "dump", "stream", "StackDocument.Exception.Type", "StackDocument.Exception.Message", "StackDocument.Exception.Inner.Type", "StackDocument.Threads.ManagedName",
            "StackDocument.Threads.Frames.Method", "StackDocument.Threads.Frames.File", "StackDocument.Problems", "MinidumpFile.Modules.Path", "MinidumpFile.Modules.Version", "MinidumpFile.Modules.CodeId",
            "MinidumpFile.Modules.DebugId", "MinidumpFile.SoftErrors.Text", "MinidumpFile.Crashpad.Modules.Simple.key", "MinidumpFile.Crashpad.Modules.List",
        ];
        Assert.All(others, name => Assert.Contains($"[{name}] ", words, StringComparison.Ordinal));
    }

    [Fact]
    public void ThePolicyAllowsTheStyleAndNothingElse()
    {
        string page = Page(Report(), document: null);
        Assert.Contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;sha256-", page, StringComparison.Ordinal);
        string style = StyleElement().Match(page).Groups[1].Value;
        Assert.Equal(PageStyle.Hash, Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style))));
        Assert.DoesNotMatch("url\\(|@import|https?:", style);
    }

    [Theory]
    [InlineData("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;")]
    [InlineData("plain größe 🦖", "plain größe 🦖")]
    [InlineData("\u001b\u202e\n<", "\\u{1b}\\u{202e}\\n&lt;")]
    public void Escaped(string text, string expected) => Assert.Equal(expected, HtmlText.Escape(text));

    [Fact]
    public void LinesOfABlockAreKept() => Assert.Equal("a\n\\tb\n&lt;\\u{0}", HtmlText.EscapeLines("a\r\n\tb\n<\0\n\n"));

    private static ReportRecord Report() => TestDatabase.Record(Guid.NewGuid()) with
    {
        State = ReportState.Uploaded,
        Signature = "App.StartException | App.Config.Load",
        ServerId = "bp-1",
        Attachments = ["app.log"],
        SoftErrors = ["the log is too long"],
        Parameters = new Dictionary<string, string> { ["_productName"] = "Größe", ["_version"] = "1.2", ["colour"] = "blue" },
    };

    private static string Page(ReportRecord report, StackDocument? document)
    {
        using MemoryStream stream = new();
        ReportPage.Write(stream, new ShownReport(report, "/reports/x.dmp", null, MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create())), new StoredStacks(null, document, null)));
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>What is left without markup.</summary>
    private static string Words(string page)
        => System.Net.WebUtility.HtmlDecode(Tag().Replace(page[page.IndexOf("<body>", StringComparison.Ordinal)..], ""));

    /// <summary>Every tag is one of ours, with attributes of ours, and every element is closed in its turn.</summary>
    private static void AssertOnlyOurMarkup(string page)
    {
        Stack<string> open = new();
        foreach (Match tag in Tag().Matches(StyleElement().Replace(page, "")).Skip(1))
        {
            string name = tag.Groups["name"].Value;
            Assert.Contains(name, s_elements);
            Assert.Matches("^( (class|id|lang|scope|role|charset|name|content|tabindex|aria-label|http-equiv)=\"[^\"<>]*\")*$", tag.Groups["attributes"].Value);
            if (tag.Value.StartsWith("</", StringComparison.Ordinal))
            {
                Assert.Equal(open.Pop(), name);
            }
            else if (!s_void.Contains(name))
            {
                open.Push(name);
            }
        }

        Assert.Empty(open);
        Assert.Equal(page.Count(character => character == '<'), Tag().Count(StyleElement().Replace(page, "")) + 2);
    }

    private static IEnumerable<string> Names(Type type, string name)
        => type == typeof(string) ? [name]
            : type == typeof(IReadOnlyList<string>) ? [name]
            : type == typeof(IReadOnlyDictionary<string, string>) ? [name + ".key", name + ".value"]
            : type == typeof(ReportException) || type == typeof(ReportDelivery) ? type.GetProperties().SelectMany(property => Names(property.PropertyType, $"{name}.{property.Name}"))
            : [];

    [GeneratedRegex("<(?:!DOCTYPE html|/?(?<name>[a-z0-9]+)(?<attributes>[^<>]*))>")]
    private static partial Regex Tag();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleElement();
}
