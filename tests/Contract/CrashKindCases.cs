using System.Globalization;
using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>.NET's ways to die where Electron's suite has V8's.</summary>
public sealed class CrashKindCases
{
    private const int SIGABRT = 6;

    [Theory]
    [ElectronCase("N-12")]
    [InlineData("failfast", null, null)]
    [InlineData("unhandled", "System.InvalidOperationException", "the victim's exception")]
    public void AFatalErrorIsReportedOnce(string kind, string? type, string? message)
    {
        using World world = new();
        CrashReporterOptions options = world.Main();
        options.ProductName = null;
        Application application = world.Launch(options);
        CrashReporterOptions renderer = World.Renderer();
        renderer.ProductName = null;
        application.Child().Start(renderer);

        Assert.Equal(SIGABRT, application.Die(kind));

        world.Arrived(application, "renderer", product: "victim");
        JsonElement report = world.Sandbox.SingleReport();
        Assert.StartsWith("SIGABRT", report.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal((type, message), Exception(report));
    }

    [Theory]
    [ElectronCase("N-13", "N-14", "N-15")]
    [InlineData("memory-array", "FillArray")]
    [InlineData("memory-list", "FillList")]
    [InlineData("memory-json", "FillJson")]
    [InlineData("memory-thread", "FillArray")]
    public void AFullHeapIsReportedOnce(string kind, string method)
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        string limit = ContractLimits.HeapBytes.ToString("x", CultureInfo.InvariantCulture);
        application.Child(new ChildWords { Environment = { ["DOTNET_GCHeapHardLimit"] = limit } }).Start(World.Renderer());

        Assert.Equal(SIGABRT, application.Die(kind));

        world.Arrived(application, "renderer");
        JsonElement report = world.Sandbox.SingleReport();
        Assert.Equal("System.OutOfMemoryException", Exception(report).Type);
        Assert.Contains($".{method}()", report.GetProperty("exception").GetProperty("text").GetString()!, StringComparison.Ordinal);
    }

    private static (string? Type, string? Message) Exception(JsonElement report)
        => report.GetProperty("exception") is { ValueKind: JsonValueKind.Object } exception
            ? (exception.GetProperty("type").GetString(), exception.GetProperty("message").GetString()) : (null, null);
}
