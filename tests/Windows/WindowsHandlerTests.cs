using System.Globalization;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>The handler's life under Wine: its death, its successor, and two of them. By build/test-windows only.</summary>
public sealed class WindowsHandlerTests
{
    private const int Failed = 1;

    /// <summary>The client has another handler at the same address, and that one has its crash.</summary>
    [Fact(Explicit = true)]
    public void AnotherOneFollowsWhereOneWasKilled()
    {
        using WineSandbox sandbox = new();
        RunningProcess victim = sandbox.Start(WineSandbox.Victim, "fault", "--directory", WineSandbox.Named(sandbox.Database), "--hold");
        victim.ReadUntil("holding");
        JsonElement first = Assert.Single(sandbox.RunningHandlers());

        int killed = first.GetProperty("handlerPid").GetInt32();
        Assert.Equal(0, sandbox.Run("taskkill", "/f", "/pid", killed.ToString(CultureInfo.InvariantCulture)).ExitCode);
        JsonElement next = (JsonElement)sandbox.Until(
            () => sandbox.RunningHandlers() is [{ } one] && one.GetProperty("handlerPid").GetInt32() != killed && one.GetProperty("clients").GetArrayLength() == 1 ? (object)one : null,
            () => "the next handler, with the client");
        victim.WriteLine("");

        WindowsVictim ended = WindowsVictim.Of(victim.Finish(WindowsTestLimits.Run));
        Assert.Equal(killed, ended.HandlerId);
        Assert.Equal(first.GetProperty("address").GetString(), next.GetProperty("address").GetString());
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal((ended.ProcessId, "later"), (report.GetProperty("pid").GetInt32(), report.GetProperty("parameters").GetProperty("added").GetString()));
    }

    /// <summary>The first one has the database's address; the second says so and ends. With an address of its own, it lives beside it.</summary>
    [Fact(Explicit = true)]
    public void TwoOfOneDatabase()
    {
        using WineSandbox sandbox = new();
        string database = WineSandbox.Named(sandbox.Database);
        RunningProcess first = sandbox.Start(WineSandbox.Handler, "run", "--database", database, "--persistent");
        string pid = ((JsonElement)sandbox.Until(() => sandbox.RunningHandlers() is [{ } one] ? (object)one : null, () => "the handler")).GetProperty("handlerPid").GetInt32().ToString(CultureInfo.InvariantCulture);

        ProcessResult second = sandbox.RunHandler("run", "--database", database);
        Assert.Equal(Failed, second.ExitCode);
        Assert.Contains(pid, second.Error, StringComparison.Ordinal);

        sandbox.Start(WineSandbox.Handler, "run", "--database", database, "--persistent", "--pipe", @"\\.\pipe\crash-handler-second");
        sandbox.Until(() => sandbox.RunningHandlers().Count == 2 ? "both" : null, () => "two handlers");
        Assert.False(first.HasExited);
    }

    /// <summary>Two applications at once: each has a handler of its own, and each handler its own reports.</summary>
    [Fact(Explicit = true)]
    public void TwoApplicationsHaveTwo()
    {
        using WineSandbox sandbox = new();
        string other = WineSandbox.Named(sandbox.PathOf("other"));
        RunningProcess one = sandbox.Start(WineSandbox.Victim, "break", "--directory", WineSandbox.Named(sandbox.Database), "--hold");
        RunningProcess two = sandbox.Start(WineSandbox.Victim, "illegal", "--directory", other, "--hold");
        one.ReadUntil("holding");
        two.ReadUntil("holding");

        one.WriteLine("");
        two.WriteLine("");
        WindowsVictim first = WindowsVictim.Of(one.Finish(WindowsTestLimits.Run)), second = WindowsVictim.Of(two.Finish(WindowsTestLimits.Run));

        Assert.NotEqual(first.HandlerId, second.HandlerId);
        Assert.NotEqual(first.Pipe, second.Pipe);
        Assert.Equal(first.ProcessId, Assert.Single(sandbox.Reports()).GetProperty("pid").GetInt32());
        Assert.Equal(second.ProcessId, Assert.Single(sandbox.Json("reports", "list", "--database", other, "--json").EnumerateArray()).GetProperty("pid").GetInt32());
    }
}
