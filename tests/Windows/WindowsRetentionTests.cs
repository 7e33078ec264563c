using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>The handler's own care for its database, under Wine. By build/test-windows only.</summary>
public sealed class WindowsRetentionTests
{
    /// <summary>There may be two: of three that come one after the other, the first one goes, and the log says why.</summary>
    [Fact(Explicit = true)]
    public void TheOldestReportsGo()
    {
        using WineSandbox sandbox = new();
        sandbox.Start(WineSandbox.Handler, "run", "--database", WineSandbox.Named(sandbox.Database), "--persistent", "--max-count", "2");
        sandbox.Until(() => sandbox.RunningHandlers() is [_] ? "runs" : null, () => "the handler");

        string first = sandbox.EndWithoutNotice(), second = sandbox.EndWithoutNotice(), third = sandbox.EndWithoutNotice();

        sandbox.Until(() => Ids(sandbox) is var ids && ids.Contains(third) && !ids.Contains(first) ? "gone" : null, () => "the oldest report to go");
        Assert.Equal([third, second], Ids(sandbox));
        Assert.Empty(Directory.EnumerateFiles(sandbox.Database, $"{first}*", SearchOption.AllDirectories));
        Assert.Contains("there are more than 2", File.ReadAllText(Path.Combine(sandbox.Database, "handler.log")), StringComparison.Ordinal);
    }

    private static List<string> Ids(WineSandbox sandbox) => [.. sandbox.Reports().Select((JsonElement report) => report.GetProperty("id").GetString()!)];
}
