using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Files that go along with a report: as they are when the process dies, and never at the report's cost.</summary>
public sealed class AttachmentTests
{
    private const int TooLongBytes = (20 << 20) + 1;

    [Fact]
    public void WhatCanBeHadIsSentAndTheReportSaysWhatCannot()
    {
        using World world = new();
        string[] logs = [world.Sandbox.WriteFile("app.log", "before"u8.ToArray()), Path.Combine(world.Sandbox.MakeFolder("other"), "app.log")];
        File.WriteAllText(logs[1], "the other");
        string removed = world.Sandbox.WriteFile("removed.txt", "no"u8.ToArray());
        string quoted = world.Sandbox.WriteFile("a \"b\" 100% größe.txt", "quoted"u8.ToArray());
        string tooLong = world.Sandbox.WriteFile("long.bin", new byte[TooLongBytes]);
        Application application = world.Launch(world.Main());
        foreach (string path in (string[])[.. logs, quoted, logs[0], world.Sandbox.PathOf("missing"), world.Sandbox.Folder, tooLong, "/dev/null", "app.log", removed])
        {
            application.Ask("attach-file", path);
        }

        application.Ask("detach-file", removed);
        application.Ask("detach-file", "/never/added");
        File.WriteAllText(logs[0], "as it is at the crash");
        application.DieLast();

        string arrived = Assert.Single(world.Collector.WaitFor(1));
        // "app.log" is relative: the victim's working directory is the sandbox, so it is the first one again.
        string[] names = ["app.log", "app-2.log", "a _b_ 100_ größe.txt"];
        using JsonDocument collected = JsonDocument.Parse(File.ReadAllBytes(arrived + ".json"));
        Assert.Equal(names, collected.RootElement.GetProperty("attachments").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["as it is at the crash", "the other", "quoted"], names.Select(name => File.ReadAllText($"{arrived}.attachment-{name}")));
        JsonElement report = world.Sandbox.SingleReport();
        Assert.Equal(names, report.GetProperty("attachments").EnumerateArray().Select(name => name.GetString()));
        string[] problems = [.. report.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!).Where(error => error.StartsWith("attachment ", StringComparison.Ordinal))];
        Assert.Equal(4, problems.Length);
        Assert.Contains(problems, problem => problem.Contains("/missing: ", StringComparison.Ordinal) && problem.Contains("errno 2", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem == $"attachment {world.Sandbox.Folder}: it is no regular file");
        Assert.Contains(problems, problem => problem == "attachment /dev/null: it is no regular file");
        Assert.Contains(problems, problem => problem == $"attachment {tooLong}: it has {TooLongBytes} bytes, at most {20 << 20} are taken");
    }

    [Fact]
    public void TenAreTakenAndTheEleventhIsRefused()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        for (int i = 0; i < 10; i++)
        {
            application.Ask("attach-file", world.Sandbox.WriteFile($"file{i}", [(byte)i]));
        }

        Assert.Equal(("InvalidOperationException", "there are 10 attachments already; remove one first"), application.AskInVain("attach-file", "/eleventh"));
        application.Ask("attach-file", world.Sandbox.PathOf("file3"));
        application.Ask("detach-file", world.Sandbox.PathOf("file0"));
        application.Ask("attach-file", world.Sandbox.WriteFile("eleventh", [11]));
        application.DieLast();

        string[] names = [.. world.Sandbox.SingleReport().GetProperty("attachments").EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal)];
        Assert.Equal(["eleventh", "file1", "file2", "file3", "file4", "file5", "file6", "file7", "file8", "file9"], names);
    }

    [Theory]
    [InlineData("", "ArgumentException")]
    [InlineData(null, "ArgumentNullException")]
    public void APathMustBeOne(string? path, string exception)
    {
        using World world = new();

        Assert.Equal(exception, world.Launch(world.Keeping()).AskInVain("attach-file", path).Exception);
    }
}
