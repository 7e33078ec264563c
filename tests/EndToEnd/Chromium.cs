using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A headless browser with one page, asked through the DevTools protocol (chromedevtools.github.io/devtools-protocol). Whatever it complains of, or fetches, is kept.</summary>
internal sealed class Chromium : IDisposable
{
    /// <summary>The first one wins. Of Debian, and of others.</summary>
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    // What a browser says on its own account.
    private static readonly string[] s_complaints = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Audits.issueAdded"];

    private readonly RunningProcess _process;
    private readonly List<string> _complaints = [];
    private readonly List<string> _fetched = [];
    private string? _session;
    private int _last;

    public Chromium(Sandbox sandbox)
    {
        // The pipe's descriptors are 3 and 4 by convention; no port that others could find. Root's has no sandbox of its own.
        _process = sandbox.Start(
            "sh", "-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh", Program(),
            "--headless=new", "--no-sandbox", "--remote-debugging-pipe", $"--user-data-dir={sandbox.MakeFolder("browser")}", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-breakpad", "--disable-background-networking", "--disable-component-update", "--disable-sync", "about:blank");
        string target = Ask("Target.createTarget", new() { ["url"] = "about:blank" }).GetProperty("targetId").GetString()!;
        _session = Ask("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }).GetProperty("sessionId").GetString();
        foreach (string domain in (string[])["Runtime", "Log", "Network", "Page", "Audits"])
        {
            Ask($"{domain}.enable");
        }
    }

    /// <summary>What the console has, and what a policy forbade, one JSON each.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>URLs of everything that was asked for.</summary>
    public IReadOnlyList<string> Fetched => _fetched;

    /// <summary>Opens a file, to where nothing of it is still to come.</summary>
    public void Open(string path)
    {
        _complaints.Clear();
        _fetched.Clear();
        JsonElement answer = Ask("Page.navigate", new() { ["url"] = new Uri(path).AbsoluteUri });
        Assert.False(answer.TryGetProperty("errorText", out JsonElement error), $"'{path}' does not open: {error}");
        while (Evaluate("document.readyState + ' ' + document.URL").GetString() != $"complete {new Uri(path).AbsoluteUri}")
        {
            Thread.Sleep(EndToEndLimits.Poll);
        }

        // Painted once: whatever a page fetches or complains of when it is shown is under way, and told of before this is answered.
        Ask("Page.captureScreenshot");
    }

    /// <summary>The value of an expression of the page's language; a page's policy does not bind us.</summary>
    public JsonElement Evaluate(string expression)
        => Ask("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true }).GetProperty("result").GetProperty("value");

    /// <summary>Shows the page in another way.</summary>
    /// <param name="width">CSS pixels.</param>
    /// <param name="scheme"><c>light</c> or <c>dark</c>.</param>
    public void Show(int width, string scheme)
    {
        Ask("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 800, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        Ask("Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
    }

    /// <summary>Ends it, so that it leaves its files alone.</summary>
    public void Dispose()
    {
        _session = null;
        Ask("Browser.close");
        _process.Finish();
    }

    private static string Program()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        string? found = s_names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "needs chromium: the page is shown in a browser; 'apt-get install chromium'");
        return found!;
    }

    private JsonElement Ask(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        JsonObject request = new() { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
        {
            request["sessionId"] = _session;
        }

        _process.Write(request.ToJsonString() + "\0");
        while (true)
        {
            JsonElement message = JsonElement.Parse(_process.ReadTo('\0'));
            if (!message.TryGetProperty("id", out JsonElement answered))
            {
                Hear(message);
            }
            else if (answered.GetInt32() == id)
            {
                return message.TryGetProperty("result", out JsonElement result) ? result : throw new InvalidOperationException($"{method}: {message}");
            }
        }
    }

    private void Hear(JsonElement message)
    {
        string method = message.GetProperty("method").GetString()!;
        if (s_complaints.Contains(method))
        {
            _complaints.Add(message.GetRawText());
        }
        else if (method == "Network.requestWillBeSent")
        {
            _fetched.Add(message.GetProperty("params").GetProperty("request").GetProperty("url").GetString()!);
        }
    }
}
