using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class TextTableTests
{
    private const string Id = "c6b7deb9-33c3-8766-927b-dc583d5570a1";

    private static readonly TableColumn[] s_columns = ["ID", TableColumn.Elastic("REASON"), "N", TableColumn.Elastic("SIGNATURE")];

    private static readonly string[][] s_rows = [[Id, "SIGSEGV /SEGV_MAPERR", "1", "世界.Main | App.Program.Main | App.Program.Run"], [Id, "SIGABRT", "22", "-"]];

    [Fact]
    public void WithoutATerminalNothingIsShortened()
    {
        string[] lines = Write(null);
        Assert.All(s_rows[0], cell => Assert.Contains(cell, lines[1], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(105)]
    [InlineData(100)]
    [InlineData(80)]
    [InlineData(70)]
    public void ItFitsAndIdsAreWhole(int width)
    {
        string[] lines = Write(width);
        Assert.All(lines, line => Assert.InRange(TextWidth.Of(line), 1, width));
        Assert.All(lines[1..], line => Assert.StartsWith(Id, line, StringComparison.Ordinal));
        Assert.Contains("…", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void TheWidestGivesFirst()
    {
        string[] lines = Write(100);
        Assert.Contains("  SIGSEGV /SEGV_MAPERR  1   世界.Main | ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void WhereNothingIsLeftToGiveItIsWiderThanTheTerminal()
    {
        string[] lines = Write(10);
        Assert.StartsWith($"{Id}  SIGSEGV…  1   世界.Mai…", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"ID{new string(' ', Id.Length)}REASON    N   SIGNATURE", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ColumnsStandBelowEachOtherWhateverIsInThem()
    {
        using StringWriter writer = new();
        TextTable.Write(writer, ["A", "B"], new[] { new[] { "世界", "x" }, ["a\u0308bc", "x"], ["\u001b", "x"] });
        Assert.Equal("A       B\n世界    x\na\u0308bc     x\n\\u{1b}  x\n", writer.ToString());
    }

    [Fact]
    public void AnyNumberOfRows()
    {
        using StringWriter writer = new();
        TextTable.Write(writer, ["A"], Enumerable.Range(0, 50_000).Select(row => new[] { $"{row}" }));
        Assert.Equal(["A", .. Enumerable.Range(0, 50_000).Select(row => $"{row}"), ""], writer.ToString().Split('\n'));
    }

    private static string[] Write(int? width)
    {
        using StringWriter writer = new();
        TextTable.Write(writer, s_columns, s_rows, width);
        return writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
