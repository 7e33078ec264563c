using Xunit;

namespace CrashHandler.Tests.Client;

/// <summary>What is told of a URL without System.Uri is what System.Uri says.</summary>
public class HttpUrlTests(ITestOutputHelper output)
{
    private static readonly string[] s_pieces =
    [
        "http", "https", "HTTP", "ftp", "://", ":", "/", "//", "a", "example", "example.com", "EXAMPLE.com", "1", "127.0.0.1", "1.2", "0x7f", "a1", "1a", "-", "a-b", "xn--bcher-kva", "_", ".", "..",
        "/./", "/../", "/.", "/a.b", "?", "?a=b", "&c", "=", "#", "#x", "%41", "%zz", " ", "ü", "@", "u:p@", ":80", ":443", ":8080", "[::1]", "\\", "*", "+", "~", "/post", "/api/42/minidump/", "é", "\u0000",
    ];

    [Theory]
    [InlineData("https://your-domain.com/url-to-submit", "https://your-domain.com/url-to-submit")]
    [InlineData("https://your-domain.com", "https://your-domain.com/")]
    [InlineData("HTTPS://Your-Domain.com:443/a/../b", "https://your-domain.com/b")]
    [InlineData("http://127.0.0.1:8000/submit", "http://127.0.0.1:8000/submit")]
    [InlineData("http://1.2/", "http://1.0.0.2/")]
    [InlineData("ftp://your-domain.com/", null)]
    [InlineData("your-domain.com/x", null)]
    [InlineData("/x", null)]
    [InlineData("http://", null)]
    [InlineData("", null)]
    public void AUrlIsWrittenInOneWay(string text, string? canonical) => Assert.Equal(canonical, HttpUrl.Canonical(text));

    [Fact]
    public void ItIsTheOneOfSystemUri()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        for (int i = 0; i < 50_000; i++)
        {
            string start = random.Next(4) == 0 ? "" : "https://";
            string text = start + string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));

            Assert.True(HttpUrl.Canonical(text) == (HttpUrl.TryParse(text, out Uri? url) ? url.AbsoluteUri : null), $"'{text}' is {HttpUrl.Canonical(text) ?? "none"} instead of {url}");
        }
    }
}
