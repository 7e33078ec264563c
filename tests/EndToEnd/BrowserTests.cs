using System.Text.Json;
using CrashHandler.Tests.Cli;
using CrashHandler.Tests.Contract;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// <c>reports show --html</c> in a real browser, and at the terminal: the report of a process that chose everything it can choose to harm who looks at it.
/// </summary>
public sealed class BrowserTests
{
    private static readonly string[] s_markup = ["<script>document.title='x'</script>", "\"><img src=x onerror=document.title='x'>", "<img src=\"http://127.0.0.1:9/x.png\">"];

    [Fact]
    public void AHostileReportIsTextInTheBrowserAndAtTheTerminal()
    {
        using World world = new();
        Sandbox sandbox = world.Sandbox;
        CrashReporterOptions options = world.Keeping(("hostile", Hostile.Text.Replace("\ud800 \udc00", "", StringComparison.Ordinal)), ("long", new string('x', 20_000)));
        // Each is cut by its own limit, or refused where it is no name: what is taken is shown.
        (options.ProductName, options.ProcessType) = ($"P{s_markup[0]}\u202e\u001b[31m", $"T{s_markup[1]}\u2066");
        options.Extra.Add(s_markup[2], "the key is markup");
        Application application = world.Launch(options);
        application.Ask("attach-file", sandbox.WriteFile("<b>\"a\"\u202e\u001b]0;x\u0007.log", "attached"u8.ToArray()));
        AssertTerminal(sandbox, "status", "--database", sandbox.Database);
        // Its message is FailFast's; the exception's text comes with the next one.
        Assert.Equal(6, application.DieLast("unhandled"));
        JsonElement report = sandbox.SingleReport();
        string id = report.GetProperty("id").GetString()!;

        AssertTerminal(sandbox, "reports", "list", "--database", sandbox.Database);
        AssertTerminal(sandbox, "reports", "list", "--group", "--database", sandbox.Database);
        string shown = AssertTerminal(sandbox, "reports", "show", id, "--database", sandbox.Database);
        Assert.Contains(s_markup[2], shown, StringComparison.Ordinal);
        string path = sandbox.PathOf("page.html");
        ProcessResult made = sandbox.Handler("reports", "show", id, "--html", path, "--database", sandbox.Database);
        Assert.Equal((0, $"{path}: {new FileInfo(path).Length} bytes\n", ""), (made.ExitCode, made.Output, made.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        string page = File.ReadAllText(path);
        Hostile.AssertHarmless(page);
        Assert.Equal(page, sandbox.Handler("reports", "show", id[..8], "--html", "-", "--database", sandbox.Database).Output);

        using Chromium browser = new(sandbox);
        browser.Show(1200, "light");
        browser.Open(path);
        Assert.Empty(browser.Complaints);
        Assert.Equal([new Uri(path).AbsoluteUri], browser.Fetched);
        Assert.Equal($"System.InvalidOperationException · crash report {id}", browser.Evaluate("document.title").GetString());
        Assert.Equal(0, browser.Evaluate("document.querySelectorAll('script, img, iframe, object, embed, link, a, b').length").GetInt32());
        string words = browser.Evaluate("document.body.textContent").GetString()!;
        Assert.All([.. s_markup, "the victim's exception", "\\u{202e}gpj.exe\\u{2066}", "\\u{1b}]0;owned\\u{7}", new string('x', 20_000)], text => Assert.Contains(text, words, StringComparison.Ordinal));
        Assert.All(report.GetProperty("parameters").EnumerateObject(), parameter => Assert.Contains(HtmlWords(parameter.Value.GetString()!), words, StringComparison.Ordinal));
        string light = AssertFits(browser, 1200, "light");
        string dark = AssertFits(browser, 1200, "dark");
        AssertFits(browser, 360, "light");
        Assert.NotEqual(light, dark);
        Assert.Empty(browser.Complaints);
    }

    /// <summary>That the browser would have said so.</summary>
    [Fact]
    public void ABrowserComplainsOfWhatIsBad()
    {
        using Sandbox sandbox = new(Identities.User);
        using Chromium browser = new(sandbox);

        browser.Open(sandbox.WriteFile("fetches.html", "<!DOCTYPE html><img src=x.png><script>document.title='x'; console.log('said')</script>"u8.ToArray()));
        Assert.Contains(browser.Complaints, complaint => complaint.Contains("said", StringComparison.Ordinal));
        Assert.Contains(browser.Fetched, url => url.EndsWith("/x.png", StringComparison.Ordinal));
        Assert.Equal("x", browser.Evaluate("document.title").GetString());

        browser.Open(sandbox.WriteFile("violates.html", "<!DOCTYPE html><meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><title>a</title><script>document.title='x'</script>"u8.ToArray()));
        Assert.Contains(browser.Complaints, complaint => complaint.Contains("Content Security Policy", StringComparison.Ordinal));
        Assert.Equal("a", browser.Evaluate("document.title").GetString());
    }

    private static string AssertTerminal(Sandbox sandbox, params string[] arguments)
    {
        ProcessResult result = sandbox.Handler(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Hostile.AssertHarmless(result.Output);
        return result.Output;
    }

    // Nothing stands out of the window, folded open; returns the colours.
    private static string AssertFits(Chromium browser, int width, string scheme)
    {
        browser.Show(width, scheme);
        Assert.Equal(0, browser.Evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true), document.documentElement.scrollWidth - document.documentElement.clientWidth").GetInt32());
        return browser.Evaluate("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color").GetString()!;
    }

    private static string HtmlWords(string text) => CrashHandler.Handler.Minidump.TerminalText.Escape(text);
}
