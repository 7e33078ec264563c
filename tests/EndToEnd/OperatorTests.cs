using System.IO.Compression;
using System.Text.Json;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What an operator does with reports: filters, exports, watches them, reads the log, and has a shell complete what is typed.</summary>
public sealed class OperatorTests : IDisposable
{
    private readonly Sandbox _sandbox = new(Identities.Own);

    [Fact]
    public void FiltersCombineAndLimit()
    {
        string[] ids = [.. Enumerable.Range(0, 4).Select(minute => OutputTests.FileReport(_sandbox, minute, record => record with
        {
            ProcessType = minute % 2 == 0 ? "main" : "renderer", Signature = $"A | B{minute}", State = minute == 3 ? ReportState.Failed : ReportState.Pending,
        }))];

        Assert.Equal([ids[3], ids[1]], Ids("--type", "renderer"));
        Assert.Equal([ids[1]], Ids("--type", "renderer", "--state", "pending"));
        Assert.Equal([ids[2], ids[1]], Ids("--since", "2026-01-02T03:05", "--until", "2026-01-02T03:06:05Z"));
        Assert.Equal([ids[3], ids[2]], Ids("-n", "2"));
        Assert.Equal([ids[0]], Ids("--signature", "b0"));
        Assert.Empty(Ids("--product", "Other"));
        Assert.Equal(["A | B2"], _sandbox.Json("reports", "list", "--database", _sandbox.Database, "--json", "--group", "--type", "main", "--limit", "1").EnumerateArray().Select(group => group.GetProperty("signature").GetString()));
        Assert.Contains("are all of this", _sandbox.Handler("reports", "list", "--database", _sandbox.Database, "--product", "Other").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExportHasNoCredentials()
    {
        string id = OutputTests.FileReport(_sandbox, 1, record => record with
        {
            Delivery = new ReportDelivery("https://user:secret@example.com/submit?token=secret", new Dictionary<string, string> { ["Authorization"] = "Bearer secret" }),
        });
        string zip = _sandbox.PathOf("crash.zip");
        JsonElement outcome = _sandbox.Json("reports", "export", id[..8], "-o", zip, "--database", _sandbox.Database, "--json");
        Assert.Equal((id, zip, new FileInfo(zip).Length), (outcome.GetProperty("id").GetString(), outcome.GetProperty("file").GetString(), outcome.GetProperty("bytes").GetInt64()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(zip));
        using ZipArchive read = ZipFile.OpenRead(zip);
        foreach (ZipArchiveEntry entry in read.Entries.Where(entry => !entry.Name.EndsWith(".dmp", StringComparison.Ordinal)))
        {
            using StreamReader text = new(entry.Open());
            Assert.DoesNotContain("secret", text.ReadToEnd(), StringComparison.Ordinal);
        }

        using Stream record = read.GetEntry($"{id}/report.json")!.Open();
        Assert.Equal(("minidump.dmp", "https://***@example.com/submit?token=***"), (JsonDocument.Parse(record).RootElement is var root ? root.GetProperty("dump").GetString() : null, root.GetProperty("url").GetString()));
    }

    [Fact]
    public void AnExportReplacesNothingUnlessItMay()
    {
        string id = OutputTests.FileReport(_sandbox, 1);
        string there = _sandbox.WriteFile("there.zip", "precious"u8.ToArray());
        ProcessResult refused = _sandbox.Handler("reports", "export", id, "-o", there, "--database", _sandbox.Database);
        Assert.Equal(("", 1, "precious"), (refused.Output, refused.ExitCode, File.ReadAllText(there)));
        Assert.Matches(@"\Acrash-handler: [^\n]*is there already[^\n]*\n\z", refused.Error);

        Assert.Equal(0, _sandbox.Handler("reports", "export", id, "-o", there, "--force", "--database", _sandbox.Database).ExitCode);
        Assert.Equal("PK"u8, File.ReadAllBytes(there).AsSpan(0, 2));
        ProcessResult device = _sandbox.Handler("reports", "export", id, "-o", "/dev/null", "--force", "--database", _sandbox.Database);
        Assert.Equal(1, device.ExitCode);
        Assert.Contains("no regular file", device.Error, StringComparison.Ordinal);
        Assert.Equal([there], Directory.GetFiles(_sandbox.Folder, "*.zip*"));
    }

    [Fact]
    public void AWatchShowsWhatComesAndEndsInOrder()
    {
        string former = OutputTests.FileReport(_sandbox, 1);
        RunningProcess watch = _sandbox.Start(TestPrograms.Shared.Handler, "reports", "watch", "-n", "1", "--type", "main", "--json", "--database", _sandbox.Database);
        Assert.Equal(former, Id(watch.ReadLine()));
        // Of those one is not wanted.
        OutputTests.FileReport(_sandbox, 2, record => record with { ProcessType = "renderer" });
        string[] more = [.. Enumerable.Range(3, 3).Select(minute => OutputTests.FileReport(_sandbox, minute, record => record with { State = minute == 3 ? ReportState.Skipped : ReportState.Pending }))];
        Assert.Equal(more.Order(), new[] { Id(watch.ReadLine()), Id(watch.ReadLine()), Id(watch.ReadLine()) }.Order());
        _sandbox.Run("kill", "-TERM", $"{watch.Pid}");
        ProcessResult ended = watch.Finish();
        Assert.Equal((4, "", 0), (ended.Output.Count(character => character == '\n'), ended.Error, ended.ExitCode));
    }

    [Fact]
    public void AWatchIsReadByPeople()
    {
        string id = OutputTests.FileReport(_sandbox, 1, record => record with { Signature = "A | \u001b[31mB" });
        RunningProcess watch = _sandbox.Start(TestPrograms.Shared.Handler, "reports", "watch", "-n", "1", "--database", _sandbox.Database);
        Assert.Equal($@"2026-01-02 03:05:05Z  {id}  main  42  A | \u{{1b}}[31mB", watch.ReadLine());
        _sandbox.Run("kill", "-INT", $"{watch.Pid}");
        Assert.Equal(0, watch.Finish().ExitCode);
    }

    [Fact]
    public void TheLogIsFollowedOverARotation()
    {
        ReportDatabase.Create(_sandbox.Database);
        string log = Path.Combine(_sandbox.Database, "handler.log");
        File.WriteAllText(log, "2026-01-02 03:04:05.678 +00:00 INF 42 a \u001b[31mb\n2026-01-02 03:04:05.678 +00:00 INF 42 c\n");
        Assert.Equal("2026-01-02 03:04:05.678 +00:00 INF 42 a \\u{1b}[31mb\n2026-01-02 03:04:05.678 +00:00 INF 42 c\n", _sandbox.Handler("log", "--database", _sandbox.Database).Output);
        RunningProcess follow = _sandbox.Start(TestPrograms.Shared.Handler, "log", "-f", "-n", "1", "--json", "--database", _sandbox.Database);
        Assert.Equal("c", Message(follow.ReadLine()));
        File.AppendAllText(log, "2026-01-02 03:04:06.678 +00:00 ERR 42 d\n");
        Assert.Equal("d", Message(follow.ReadLine()));
        File.Move(log, log + ".1");
        File.WriteAllText(log, "2026-01-02 03:04:07.678 +00:00 INF 43 e\n");
        Assert.Equal("e", Message(follow.ReadLine()));
        _sandbox.Run("kill", "-TERM", $"{follow.Pid}");
        Assert.Equal(0, follow.Finish().ExitCode);
    }

    /// <summary>Words that are typed, the one before the cursor last, and what is offered for it.</summary>
    public static TheoryData<string[], string> Typed => new()
    {
        { [""], "attach collect completion doctor dump exec log minidump reports run status uploads" },
        { ["re"], "reports" },
        { ["reports", "list", "--st"], "--state" },
        { ["reports", "list", "--state", ""], "discarded failed pending skipped uploaded" },
        { ["reports", "list", "--state", "=", "fa"], "failed" },
        { ["reports", "show", "--database", "'{database}'", ""], "{id}" },
        { ["reports", "show", "--database", "{escaped}", "{beginning}"], "{id}" },
        { ["reports", "export", "--database", "=", "\"{database}\"", "{beginning}"], "{id}" },
        { ["reports", "show", "--database", "{database}-missing", ""], "" },
        { ["minidump", "./no"], "" },
        { ["completion", "b"], "bash" },
    };

    [Theory]
    [MemberData(nameof(Typed))]
    public void BashCompletes(string[] words, string offered)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "needs bash");
        using Sandbox sandbox = new(Identities.Own);
        string id = OutputTests.FileReport(_sandbox, 1);
        // A name with a blank, as every application's has.
        string database = sandbox.PathOf("App Crashes");
        Directory.Move(_sandbox.Database, database);
        Dictionary<string, string> places = new() { ["{database}"] = database, ["{escaped}"] = database.Replace(" ", "\\ ", StringComparison.Ordinal), ["{beginning}"] = id[..5], ["{id}"] = id };
        string script = sandbox.WriteFile("script", System.Text.Encoding.UTF8.GetBytes(sandbox.Handler("completion", "bash").Output));

        ProcessResult result = sandbox.Run("bash", [
            "-uc", "source \"$1\"; shift; COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _crash_handler; echo \"${COMPREPLY[*]}\"; complete -p crash-handler >&2",
            "bash", script, TestPrograms.Shared.Handler, .. words.Select(Fill)]);

        Assert.Equal(($"{Fill(offered)}\n", "complete -o default -F _crash_handler crash-handler\n", 0), (result.Output.Replace(' ', '\n').TrimEnd('\n').Replace('\n', ' ') + "\n", result.Error, result.ExitCode));

        string Fill(string word) => places.Aggregate(word, (text, place) => text.Replace(place.Key, place.Value, StringComparison.Ordinal));
    }

    /// <summary>The shells that are there take their script.</summary>
    [Theory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public void ShellsTakeTheirScript(string shell, string check)
    {
        Assert.SkipUnless(File.Exists($"/bin/{shell}") || File.Exists($"/usr/bin/{shell}"), $"needs {shell}");
        string script = _sandbox.WriteFile("script", System.Text.Encoding.UTF8.GetBytes(_sandbox.Handler("completion", shell).Output));
        ProcessResult result = _sandbox.Run(shell, check, script);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
    }

    /// <summary>By a terminal of script(1); elsewhere all of it.</summary>
    [Fact]
    public void ATableFitsTheTerminal()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "needs script (util-linux)");
        string id = OutputTests.FileReport(_sandbox, 1, record => record with { Signature = $"A{new string('世', 60)}", ProcessType = "a-renderer-with-a-name" });
        string[] words = [TestPrograms.Shared.Handler, "reports", "list", "--group", "--database", _sandbox.Database];
        ProcessResult narrow = _sandbox.Run("script", "-qec", $"stty cols 150; exec {string.Join(' ', words.Select(word => $"'{word}'"))}", "/dev/null");
        string[] lines = narrow.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((2, 0), (lines.Length, narrow.ExitCode));
        Assert.All(lines, line => Assert.InRange(CrashHandler.Handler.Cli.TextWidth.Of(line), 120, 150));
        Assert.Contains($"  {id}  A世", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("…", lines[1], StringComparison.Ordinal);
        Assert.Contains(new string('世', 60), _sandbox.Run(words[0], words[1..]).Output, StringComparison.Ordinal);
    }

    public void Dispose() => _sandbox.Dispose();

    private string[] Ids(params string[] filter)
        => [.. _sandbox.Json(["reports", "list", "--database", _sandbox.Database, "--json", .. filter]).EnumerateArray().Select(report => report.GetProperty("id").GetString()!)];

    private static string Id(string line) => JsonElement.Parse(line).GetProperty("id").GetString()!;

    private static string Message(string line) => JsonElement.Parse(line).GetProperty("message").GetString()!;
}
