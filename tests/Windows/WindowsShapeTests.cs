using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>An application as it may be published, under Wine. By build/test-windows only, which publishes them.</summary>
public sealed class WindowsShapeTests
{
    private const string ShapesVariable = "CRASH_HANDLER_WINDOWS_SHAPES", RootVariable = "CRASH_HANDLER_WINDOWS_DOTNET";

    [Theory(Explicit = true)]
    [InlineData("single-file")]
    [InlineData("trimmed")]
    [InlineData("framework-dependent")]
    public void ItsDeathIsReported(string shape)
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die(
            Path.Combine(WineSandbox.Variable(ShapesVariable), shape, "windows-victim.exe"),
            new Dictionary<string, string> { ["DOTNET_ROOT"] = WineSandbox.Named(WineSandbox.Variable(RootVariable)) },
            "unhandled");

        Assert.Empty(victim.Problems);
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal((victim.ProcessId, victim.ThreadId, "CLR exception"), (report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32(), report.GetProperty("reason").GetString()));
        Assert.Equal("System.InvalidOperationException", report.GetProperty("exception").GetProperty("type").GetString());
        Assert.NotEqual(JsonValueKind.Null, report.GetProperty("dump").ValueKind);
        Assert.EndsWith("windows-victim.exe", report.GetProperty("executable").GetString(), StringComparison.OrdinalIgnoreCase);
    }
}
