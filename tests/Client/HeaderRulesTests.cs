using Xunit;

namespace CrashHandler.Tests.Client;

public class HeaderRulesTests
{
    [Fact]
    public void HeadersAreALineEach()
        => Assert.Equal("X-Token: a: b\nAuthorization: Bearer c", HeaderRules.Encode(new Dictionary<string, string> { ["X-Token"] = "a: b", ["Authorization"] = "Bearer c" }));

    [Fact]
    public void WithoutAnyThereAreNone()
    {
        Assert.Null(HeaderRules.Encode(null));
        Assert.Null(HeaderRules.Encode(new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("", "v", "is no name of a header")]
    [InlineData("X Y", "v", "is no name of a header")]
    [InlineData("X:", "v", "is no name of a header")]
    [InlineData("X\r\nY", "v", "is no name of a header")]
    [InlineData("content-length", "1", "is set by the crash reporter itself")]
    [InlineData("Host", "h", "is set by the crash reporter itself")]
    [InlineData("Content-Language", "en", "is set by the crash reporter itself")]
    [InlineData("expires", "0", "is set by the crash reporter itself")]
    [InlineData("X", "a\r\nEvil: 1", "not printable ASCII")]
    [InlineData("X", "Jörg", "not printable ASCII")]
    [InlineData("X", "a\u0001", "not printable ASCII")]
    [InlineData("X", null, "is null")]
    public void WhatIsNoneIsRefused(string name, string? value, string error)
        => Assert.Contains(error, Assert.Throws<ArgumentException>(() => HeaderRules.Encode(new Dictionary<string, string> { [name] = value! })).Message, StringComparison.Ordinal);

    [Fact]
    public void TheyHaveALimit()
        => Assert.Contains("at most 8192", Assert.Throws<ArgumentException>(() => HeaderRules.Encode(new Dictionary<string, string> { ["X"] = new('x', 8_192) })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(3_601)]
    public void AWaitHasLimits(int seconds)
        => Assert.Contains("waitForUpload", Assert.Throws<ArgumentException>(
            () => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", WaitForUpload = TimeSpan.FromSeconds(seconds) })).Message, StringComparison.Ordinal);
}
