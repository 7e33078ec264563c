using System.Text.Json;
using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary><c>status</c>: what an operator learns of a database from one command, with a handler and without.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly Sandbox _sandbox = new(Identities.User);

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void AHandlersWorkIsSeen()
    {
        Collector collector = _sandbox.StartCollector();
        RunningProcess client = _sandbox.StartMain("none", "--hold", "--url", collector.Url);
        client.ReadUntil("ready");
        Crash();
        _sandbox.WaitUntilUploaded();

        JsonElement status = _sandbox.HandlerStatus();

        JsonElement known = Assert.Single(status.GetProperty("clients").EnumerateArray());
        Assert.Equal(client.Pid, known.GetProperty("pid").GetInt32());
        Assert.NotEqual(default, known.GetProperty("since").GetDateTimeOffset());
        Assert.Equal("main", known.GetProperty("processType").GetString());
        Assert.Equal((1, 0, 1, 0, 1), (Number(status, "captured"), Number(status, "lost"), Number(status, "uploaded"), Number(status, "failed"), Number(status, "attempts")));
        Assert.Equal(0, Number(status.GetProperty("queue"), "waiting"));
        Assert.Equal(1, Number(status.GetProperty("reports"), "uploaded"));
        JsonElement disk = status.GetProperty("disk");
        Assert.InRange(disk.GetProperty("dumps").GetInt64(), 1, disk.GetProperty("total").GetInt64());
        Assert.InRange(disk.GetProperty("free").GetInt64(), 1, long.MaxValue);
        Assert.Empty(status.GetProperty("handlerDeaths").EnumerateArray());
        string text = _sandbox.Handler("status", "--database", _sandbox.Database).Output;
        Assert.Contains("nothing waits", text, StringComparison.Ordinal);
        Assert.Contains("1 captured, 0 lost, 0 connections refused; 1 attempt to send, 1 uploaded, 0 failed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeSentIsTold()
    {
        // Nobody listens at port 1 of the loopback.
        RunningProcess client = _sandbox.StartMain("none", "--hold", "--url", "http://127.0.0.1:1/submit");
        client.ReadUntil("ready");
        Crash();

        JsonElement status = default;
        _sandbox.Until(() => (status = _sandbox.HandlerStatus()).GetProperty("lastErrors").EnumerateArray().Any(error => error.GetProperty("kind").GetString() == "upload") ? "told" : null, () => $"the failed upload in {status}");

        JsonElement error = status.GetProperty("lastErrors").EnumerateArray().First(error => error.GetProperty("kind").GetString() == "upload");
        Assert.Contains("127.0.0.1:1", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        JsonElement queue = status.GetProperty("queue");
        Assert.Equal(1, Number(queue, "waiting"));
        Assert.InRange(queue.GetProperty("nextAttempt").GetDateTimeOffset(), error.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(1));
        string text = _sandbox.Handler("status", "--database", _sandbox.Database).Output;
        Assert.Contains("1 report waits, the next attempt is at ", text, StringComparison.Ordinal);
        Assert.Contains("upload: report ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AHandlerThatWasKilledIsCounted()
    {
        StartHandler();
        int killed = _sandbox.HandlerPid();
        _sandbox.KillHandler();

        JsonElement left = Only();
        Assert.False(left.GetProperty("running").GetBoolean());
        JsonElement unnoticed = Assert.Single(left.GetProperty("handlerDeaths").EnumerateArray());
        Assert.Equal((killed, JsonValueKind.Null), (Number(unnoticed, "pid"), unnoticed.GetProperty("noticed").ValueKind));

        StartHandler();
        _sandbox.Until(() => _sandbox.HandlerStatus().GetProperty("handlerDeaths").EnumerateArray().Any(death => death.GetProperty("noticed").ValueKind == JsonValueKind.String) ? "noticed" : null, () => "the death to be noticed");

        Assert.Equal(killed, Number(Assert.Single(_sandbox.HandlerStatus().GetProperty("handlerDeaths").EnumerateArray()), "pid"));
        Assert.Contains($"1 handler killed or crashed: pid {killed} ", _sandbox.Handler("status", "--database", _sandbox.Database).Output, StringComparison.Ordinal);
        Assert.Contains($"Handler {killed} of this database ended out of order", File.ReadAllText(Path.Combine(_sandbox.Database, HandlerLog.FileName)), StringComparison.Ordinal);
        // One that is asked to end is no death.
        _sandbox.TerminateHandler();
        Assert.Single(Only().GetProperty("handlerDeaths").EnumerateArray());
    }

    [Fact]
    public void WithoutAHandlerTheDatabaseIsShown()
    {
        _sandbox.RunMain("segv", "--no-upload");
        _sandbox.TerminateHandler();
        Assert.Equal(0, _sandbox.Handler("uploads", "off", "--database", _sandbox.Database).ExitCode);

        JsonElement status = Only();

        Assert.False(status.GetProperty("running").GetBoolean());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("handlerPid").ValueKind);
        Assert.Equal(_sandbox.Database, status.GetProperty("database").GetString());
        Assert.Equal((false, false, false), (status.GetProperty("uploads").GetBoolean(), status.GetProperty("operatorUploads").GetBoolean(), status.GetProperty("applicationUploads").GetBoolean()));
        Assert.Equal(1, Number(status.GetProperty("reports"), "skipped"));
        Assert.InRange(status.GetProperty("disk").GetProperty("dumps").GetInt64(), 1, long.MaxValue);
        string text = _sandbox.Handler("status", "--database", _sandbox.Database).Output;
        Assert.Contains("none is running", text, StringComparison.Ordinal);
        Assert.Contains("1 skipped", text, StringComparison.Ordinal);
        Assert.Contains("off, by the application and the operator", text, StringComparison.Ordinal);
    }

    /// <summary>Of several, one with broken settings hides no other; where it is the one that was asked for, that is a failure.</summary>
    [Fact]
    public void ABrokenDatabaseIsNamedAndTheOthersAreShown()
    {
        StartHandler();
        string broken = _sandbox.PathOf("broken");
        RunningProcess handler = _sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", broken, "--persistent", "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
        foreach (string name in (string[])["settings.json", "settings.json.bak"])
        {
            File.WriteAllText(Path.Combine(broken, name), "{");
        }

        ProcessResult text = _sandbox.Handler("status"), json = _sandbox.Handler("status", "--json"), named = _sandbox.Handler("status", "--database", broken);

        // Other tests may have handlers of the same user.
        string said = Assert.Single(text.Error.Split('\n'), line => line.Contains(broken, StringComparison.Ordinal));
        Assert.Matches($"^crash-handler: '{broken}' is left out: [^\n]*settings", said);
        Assert.Contains(said, json.Error, StringComparison.Ordinal);
        Assert.Equal((0, 0), (text.ExitCode, json.ExitCode));
        Assert.Contains($"Database   {_sandbox.Database}\n", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(broken, text.Output, StringComparison.Ordinal);
        string?[] shown = [.. JsonElement.Parse(json.Output).EnumerateArray().Select(status => status.GetProperty("database").GetString())];
        Assert.Contains(_sandbox.Database, shown);
        Assert.DoesNotContain(broken, shown);
        Assert.Equal((1, ""), (named.ExitCode, named.Output));
        Assert.Matches(@"\Acrash-handler: [^\n]*settings[^\n]*\n\z", named.Error);
    }

    private void Crash()
    {
        string address = _sandbox.HandlerStatus().GetProperty("address").GetString()!;
        _sandbox.Run("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={address}", _sandbox.CompileScript("fault.c"));
        Assert.Single(_sandbox.Reports());
    }

    private void StartHandler()
    {
        RunningProcess handler = _sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--persistent", "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
        _sandbox.WaitUntilItLives(handler, _sandbox.Database);
    }

    private JsonElement Only() => Assert.Single(_sandbox.Json("status", "--json", "--database", _sandbox.Database).EnumerateArray());

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
