using Xunit;

namespace CrashHandler.Tests.Client;

public class StartOptionsTests
{
    [Fact]
    public void AMissingCompanyIsNamedInTheDocumentedWords()
    {
        ArgumentException missing = Assert.Throws<ArgumentException>(() => StartOptions.Check(new CrashReporterOptions { SubmitUrl = new Uri("http://localhost/") }));

        Assert.StartsWith("companyName is a required option to crashReporter.start", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingUrlIsNamedInTheDocumentedWords()
    {
        ArgumentException missing = Assert.Throws<ArgumentException>(() => StartOptions.RequireSubmitUrl(new CrashReporterOptions { CompanyName = "c" }));

        Assert.StartsWith("submitURL is a required option to crashReporter.start", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutUploadsNoUrlIsNeeded() => StartOptions.RequireSubmitUrl(new CrashReporterOptions { UploadToServer = false });

    [Fact]
    public void AnEmptyCompanyPasses() => StartOptions.Check(new CrashReporterOptions { CompanyName = "" });

    [Theory]
    [InlineData("ftp://host/x")]
    [InlineData("relative/path")]
    public void AUrlThatIsNotHttpIsRefusedByItsValue(string url)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", SubmitUrl = new Uri(url, UriKind.RelativeOrAbsolute) }));

        Assert.Contains(url, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TooManyExtrasAreRefused()
    {
        Dictionary<string, string> extra = Enumerable.Range(0, 401).ToDictionary(i => $"k{i}", _ => "v");

        Assert.Throws<ArgumentException>(() => StartOptions.CopyExtra(extra));
        extra.Remove("k0");
        Assert.Equal(400, StartOptions.CopyExtra(extra).Count);
    }

    [Fact]
    public void AnExtraWithoutValueIsRefusedByItsKey()
    {
        ArgumentNullException refused = Assert.Throws<ArgumentNullException>(() => StartOptions.CopyExtra(new Dictionary<string, string> { ["k"] = null! }));

        Assert.Contains("extra['k']", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "http://a/", true)]
    [InlineData(null, null, true)]
    [InlineData("http://a/", "http://a/", true)]
    [InlineData("http://a", "http://a/", true)]
    [InlineData("http://a/", "http://b/", false)]
    [InlineData("http://a/", null, false)]
    public void AHandlerOfAnotherUrlIsNotOurs(string? own, string? handlers, bool same)
        => Assert.Equal(same, StartOptions.SameUrl(own is null ? null : new Uri(own), handlers));

    [Theory]
    [InlineData(null, "/tmp/x", true)]
    [InlineData("/tmp/x/", "/tmp/x", true)]
    [InlineData("/tmp/y/../x", "/tmp/x", true)]
    [InlineData("/tmp/y", "/tmp/x", false)]
    public void AHandlerOfAnotherDirectoryIsNotOurs(string? own, string handlers, bool same) => Assert.Equal(same, StartOptions.SameDirectory(own, handlers));

    [Theory]
    [InlineData("YourName", "YourName")]
    [InlineData("A/B:C\\D", "A_B_C_D")]
    [InlineData("Ärger 1.0_x-y", "Ärger 1.0_x-y")]
    public void AProductBecomesAFolder(string product, string folder) => Assert.Equal(folder, ApplicationIdentity.FolderName(product));
}
