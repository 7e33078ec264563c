using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.WindowsText;

/// <summary>Command lines as "CommandLineToArgvW" of Windows' documentation takes them apart.</summary>
public sealed class CommandLineTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a\tb", "\"a\tb\"")]
    [InlineData(@"C:\dir\", @"C:\dir\")]
    [InlineData(@"C:\my dir\", @"""C:\my dir\\""")]
    [InlineData(@"a\\b c", @"""a\\b c""")]
    [InlineData("say \"hi\"", @"""say \""hi\""""")]
    [InlineData(@"end\""", @"""end\\\""""")]
    [InlineData("&|<>^%", "&|<>^%")]
    public void AnArgumentIsQuotedWhereItMustBe(string argument, string text)
        => Assert.Equal($"\"C:\\a b\\p.exe\" {text} last", CommandLineText.Of(@"C:\a b\p.exe", [argument, "last"]));

    [Fact]
    public void TakenApartItIsTheSame()
    {
        string[] pieces = ["a", " ", "\"", "\\", "\\\\", "\t", "%", "ä"];
        string[][] arguments = [.. pieces.SelectMany(_ => pieces, (first, second) => (first, second)).SelectMany(_ => pieces, (pair, third) => (string[])[pair.first + pair.second + third, "", third])];

        Assert.All(arguments, wanted => Assert.Equal(["p.exe", .. wanted], TakenApart(CommandLineText.Of("p.exe", wanted))));
    }

    [Fact]
    public void AnEnvironmentIsSortedAndEnded()
    {
        Assert.Equal("a=1\0B=\0c=3=4\0\0", EnvironmentBlock.Of(new Dictionary<string, string> { ["c"] = "3=4", ["a"] = "1", ["B"] = "" }));
        Assert.Equal("\0\0", EnvironmentBlock.Of([]));
    }

    // By the document's rules: the first argument ends at the next quote; of the others 2n backslashes before a quote are n, and one more makes the quote a letter.
    private static List<string> TakenApart(string text)
    {
        List<string> arguments = [text[1..text.IndexOf('"', 1)]];
        int at = text.IndexOf('"', 1) + 1;
        while (at < text.Length)
        {
            Assert.Equal(' ', text[at++]);
            string argument = "";
            bool isQuoted = false;
            while (at < text.Length && (isQuoted || text[at] != ' '))
            {
                int backslashes = 0;
                for (; at < text.Length && text[at] == '\\'; at++)
                {
                    backslashes++;
                }

                bool isQuote = at < text.Length && text[at] == '"';
                argument += new string('\\', isQuote ? backslashes / 2 : backslashes);
                if (isQuote && backslashes % 2 == 1)
                {
                    argument += '"';
                    at++;
                }
                else if (isQuote)
                {
                    isQuoted = !isQuoted;
                    at++;
                }
                else if (at < text.Length && backslashes == 0)
                {
                    argument += text[at++];
                }
            }

            arguments.Add(argument);
        }

        return arguments;
    }
}
