using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class ReportFilterTests
{
    private static readonly ReportRecord s_report = TestDatabase.Record(Guid.NewGuid()) with
    {
        ProcessType = "renderer",
        Signature = "System.FormatException | App.Main",
        State = ReportState.Failed,
        Parameters = new Dictionary<string, string> { ["_productName"] = "App" },
    };

    /// <summary>Whether the report is wanted, arguments.</summary>
    public static TheoryData<bool, string[]> Filters => new()
    {
        { true, [] },
        { true, ["--since", "2026-01-02T03:04:05"] },
        { false, ["--since", "2026-01-02T03:04:06"] },
        { true, ["--until", "2026-01-02T03:04:05Z"] },
        { false, ["--until", "2026-01-02"] },
        { false, ["--since", "1s"] },
        { true, ["--product", "app"] },
        { false, ["--product", "ap"] },
        { true, ["--type", "RENDERER"] },
        { false, ["--type", "main"] },
        { true, ["--signature", "formatexception"] },
        { false, ["--signature", "FormatException  "] },
        { true, ["--state", "failed"] },
        { true, ["--state", "Failed"] },
        { false, ["--state", "pending"] },
        { true, ["--since", "2026-01-01", "--until", "2026-02-01", "--product", "App", "--type", "renderer", "--signature", "App.Main", "--state", "failed"] },
        { false, ["--since", "2026-01-01", "--until", "2026-02-01", "--product", "App", "--type", "renderer", "--signature", "App.Main", "--state", "skipped"] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void AllThatIsSaidCounts(bool isWanted, string[] arguments)
    {
        System.CommandLine.Command command = new("list");
        ReportFilterOptions options = new();
        options.AddTo(command);
        System.CommandLine.ParseResult parsed = command.Parse(arguments);
        Assert.Equal([], parsed.Errors.Select(error => error.Message));
        ReportFilter filter = options.Read(parsed, DateTimeOffset.UtcNow);
        Assert.Equal((isWanted, arguments.Length == 0), (filter.Matches(s_report), filter.IsAny));
    }

    [Fact]
    public void WhatHasNoSignatureOrProductIsNotAskedFor()
    {
        ReportRecord bare = TestDatabase.Record(Guid.NewGuid());
        Assert.False(new ReportFilter { Signature = "" }.Matches(bare));
        Assert.False(new ReportFilter { Product = "App" }.Matches(bare));
        Assert.True(new ReportFilter().Matches(bare));
    }
}
