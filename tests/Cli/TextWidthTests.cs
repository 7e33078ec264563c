using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class TextWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("äöü", 3)]
    [InlineData("a\u0308", 1)]
    [InlineData("世界", 4)]
    [InlineData("ｆ", 2)]
    [InlineData("ﾊ", 1)]
    [InlineData("한국", 4)]
    [InlineData("\u1112\u1161\u11ab", 2)]
    [InlineData("💥", 2)]
    [InlineData("☃", 1)]
    [InlineData("…", 1)]
    [InlineData("e\u20dd", 1)]
    [InlineData("\U00020000", 2)]
    public void ColumnsOfATerminal(string text, int columns) => Assert.Equal(columns, TextWidth.Of(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("abcdef", 1, "…")]
    [InlineData("abcdef", 0, "")]
    [InlineData("", 0, "")]
    [InlineData("世界です", 8, "世界です")]
    [InlineData("世界です", 7, "世界で…")]
    [InlineData("世界です", 6, "世界…")]
    [InlineData("ae\u0301bc", 3, "ae\u0301…")]
    [InlineData("ae\u0301b", 3, "ae\u0301b")]
    [InlineData("a💥b", 3, "a…")]
    public void CutToColumns(string text, int columns, string cut)
    {
        Assert.Equal(cut, TextWidth.Cut(text, columns));
        Assert.InRange(TextWidth.Of(cut), 0, columns);
    }

    [Theory]
    [InlineData("世", 4, "世  ")]
    [InlineData("abc", 2, "abc")]
    public void Padded(string text, int columns, string padded) => Assert.Equal(padded, TextWidth.Pad(text, columns));

    [Theory]
    [InlineData(0, null, 80)]
    [InlineData(132, null, 132)]
    [InlineData(132, "60", 60)]
    [InlineData(132, "0", 132)]
    [InlineData(132, "-5", 132)]
    [InlineData(0, "wide", 80)]
    public void WidthOfATerminal(int told, string? wished, int columns) => Assert.Equal(columns, TerminalWidth.Of(told, wished));
}
