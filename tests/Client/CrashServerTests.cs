using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

/// <summary>The known servers: their URLs, byte for byte, and the fields they want.</summary>
public class CrashServerTests
{
    [Fact]
    public void Socorro()
    {
        CrashServer server = CrashServer.Socorro("https://crash.example.com/", "nightly", "20261123080000");

        AssertIs(server, "https://crash.example.com/submit", ("ProductName", "P"), ("Version", "1.2"), ("ReleaseChannel", "nightly"), ("BuildID", "20261123080000"));
        AssertIs(CrashServer.Socorro("http://127.0.0.1:8000"), "http://127.0.0.1:8000/submit", ("ProductName", "P"), ("Version", "1.2"));
    }

    [Fact]
    public void Sentry()
    {
        AssertIs(CrashServer.Sentry("https://abc123@o1.ingest.sentry.io/42", "production"),
            "https://o1.ingest.sentry.io/api/42/minidump/?sentry_key=abc123", ("sentry[release]", "P@1.2"), ("sentry[environment]", "production"));
        AssertIs(CrashServer.Sentry("http://abc:secret@localhost:9000/prefix/7"), "http://localhost:9000/prefix/api/7/minidump/?sentry_key=abc", ("sentry[release]", "P@1.2"));
    }

    [Fact]
    public void Backtrace()
        => AssertIs(CrashServer.Backtrace("my universe", "0123"), "https://submit.backtrace.io/my%20universe/0123/minidump", ("application", "P"), ("version", "1.2"));

    [Fact]
    public void BugSplat()
    {
        AssertIs(CrashServer.BugSplat("fred", "k"), "https://fred.bugsplat.com/post/electron/v2/crash.php", ("product", "P"), ("version", "1.2"), ("key", "k"));
        Assert.Equal("0", CrashServer.BugSplat("fred").Fields("P", null)["version"]);
    }

    [Fact]
    public void MiniBreakpad() => AssertIs(CrashServer.MiniBreakpad("http://127.0.0.1:1127/"), "http://127.0.0.1:1127/post");

    [Theory]
    [InlineData("https://o1.ingest.sentry.io/42")]
    [InlineData("https://abc@o1.ingest.sentry.io/")]
    [InlineData("ftp://abc@o1.ingest.sentry.io/42")]
    public void ADsnThatIsNoneIsRefusedWithoutItsKey(string dsn)
        => Assert.DoesNotContain("abc", Assert.Throws<ArgumentException>(() => CrashServer.Sentry(dsn)).Message, StringComparison.Ordinal);

    [Fact]
    public void EmptyNamesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => CrashServer.Backtrace("", "t"));
        Assert.Throws<ArgumentException>(() => CrashServer.Backtrace("u", ""));
        Assert.Throws<ArgumentException>(() => CrashServer.BugSplat(""));
        Assert.Throws<ArgumentException>(() => CrashServer.MiniBreakpad("relative"));
    }

    [Fact]
    public void ItStandsForTheUrlAndNotBesideIt()
    {
        CrashReporterOptions options = new() { CompanyName = "c", Server = CrashServer.MiniBreakpad("http://127.0.0.1/") };
        StartOptions.Check(options);
        StartOptions.RequireSubmitUrl(options);
        options.SubmitUrl = "http://127.0.0.1/";

        Assert.Contains("both set", Assert.Throws<ArgumentException>(() => StartOptions.Check(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCallersValueWinsAndTheFieldsCount()
    {
        IReadOnlyDictionary<string, string> fields = CrashServer.BugSplat("fred").Fields("P", "1");

        Assert.Equal("mine", StartOptions.CopyExtra(new Dictionary<string, string> { ["product"] = "mine" }, fields)["product"]);
        Dictionary<string, string> many = Enumerable.Range(0, ProtocolLimits.MaxParameters - 1).ToDictionary(i => $"k{i}", _ => "v");
        Assert.Throws<ArgumentException>(() => StartOptions.CopyExtra(many, fields));
    }

    private static void AssertIs(CrashServer server, string url, params (string Key, string Value)[] fields)
    {
        Assert.Equal(url, server.Url);
        Assert.Equal(fields.ToDictionary(field => field.Key, field => field.Value), server.Fields("P", "1.2"));
    }
}
