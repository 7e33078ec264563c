using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>The verbs under Wine, on a database with one report. By build/test-windows only.</summary>
public sealed class WindowsCommandLineTests
{
    [Fact(Explicit = true)]
    public void TheyShowMoveAndDeleteAReport()
    {
        using WineSandbox sandbox = new();
        sandbox.Die("fault");
        string database = WineSandbox.Named(sandbox.Database);
        string id = Assert.Single(sandbox.Reports()).GetProperty("id").GetString()!;

        Assert.Contains(id[..8], Said(sandbox, "reports", "list", "--database", database), StringComparison.Ordinal);
        Assert.Contains("EXCEPTION_ACCESS_VIOLATION_WRITE", Said(sandbox, "reports", "show", id, "--database", database), StringComparison.Ordinal);
        Assert.Equal(id, sandbox.Json("reports", "show", id, "--database", database, "--json").GetProperty("id").GetString());
        string dump = WineSandbox.Named(Path.Combine(sandbox.Database, "completed", $"{id}.dmp"));
        Assert.Contains("EXCEPTION_ACCESS_VIOLATION_WRITE", Said(sandbox, "minidump", dump), StringComparison.Ordinal);
        Assert.Equal("Windows", sandbox.Json("minidump", dump, "--json").GetProperty("system").GetProperty("platform").GetString());
        Assert.Contains("Report", Said(sandbox, "log", "--database", database), StringComparison.Ordinal);
        Said(sandbox, "uploads", "off", "--database", database);
        Assert.Contains("off", Said(sandbox, "uploads", "status", "--database", database), StringComparison.Ordinal);
        Said(sandbox, "uploads", "on", "--database", database);
        Said(sandbox, "reports", "export", id, "--database", database, "--output", WineSandbox.Named(sandbox.PathOf("out.zip")));
        Assert.NotEqual(0, new FileInfo(sandbox.PathOf("out.zip")).Length);
        Said(sandbox, "reports", "prune", "--database", database, "--max-count", "1");
        Assert.Single(sandbox.Reports());
        Said(sandbox, "reports", "delete", id, "--database", database);
        Assert.Empty(sandbox.Reports());
    }

    /// <summary>Its collector takes what its own handler sends.</summary>
    [Fact(Explicit = true)]
    public void ItCollectsAndCompletes()
    {
        using WineSandbox sandbox = new();
        Assert.Contains("crash-handler", Said(sandbox, "completion", "bash"), StringComparison.Ordinal);
        Directory.CreateDirectory(sandbox.PathOf("store"));
        RunningProcess collector = sandbox.Start(WineSandbox.Handler, "collect", "--listen", "127.0.0.1:0", "--store", WineSandbox.Named(sandbox.PathOf("store")));
        string line = collector.ReadLine();
        Assert.StartsWith("listening on ", line, StringComparison.Ordinal);

        sandbox.Die("break", null, "--url", line["listening on ".Length..].Trim());

        sandbox.Until(() => Directory.GetFiles(sandbox.PathOf("store"), "*.json") is [{ } one] ? one : null, () => "the report at the collector");
    }

    /// <summary>What handlers alone start says so, and does nothing.</summary>
    [Fact(Explicit = true)]
    public void TheHandlersOwnVerbsAreNotForPeople()
    {
        using WineSandbox sandbox = new();
        string[][] calls = [["guard"], ["guard", "--help"], ["guard", "1", "2", "3", "4", "-5"], ["walk"], ["walk", "1", "2", "3", "4", "5", "6"], ["walk", "1", "two", "3", "4"]];
        foreach (string[] call in calls)
        {
            ProcessResult result = sandbox.RunHandler(call);
            Assert.Equal((2, $"crash-handler: '{call[0]}' is for handlers, which start it with handles of theirs. See 'crash-handler --help'."), (result.ExitCode, result.Error.Trim()));
        }

        ProcessResult noHandle = sandbox.RunHandler("guard", "1000004", "1000008", "1000012", "1000016", "1000020");
        Assert.Equal(1, noHandle.ExitCode);
        Assert.StartsWith("crash-handler guard: SetEvent: ", noHandle.Error, StringComparison.Ordinal);
    }

    private static string Said(WineSandbox sandbox, params string[] arguments)
    {
        ProcessResult result = sandbox.RunHandler(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error.Trim()));
        return result.Output;
    }
}
