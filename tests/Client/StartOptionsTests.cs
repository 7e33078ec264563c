using Xunit;

namespace CrashHandler.Tests.Client;

public class StartOptionsTests
{
    [Fact]
    public void AMissingCompanyIsNamedInTheDocumentedWords()
    {
        ArgumentException missing = Assert.Throws<ArgumentException>(() => StartOptions.Check(new CrashReporterOptions { SubmitUrl = "http://localhost/" }));

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
            () => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", SubmitUrl = url }));

        Assert.Contains(url, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHeapDumpOfNoKindIsRefused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", HeapDump = (HeapDumpKind)9 }));

        Assert.StartsWith("heapDump must be one of None, Mini, Heap, Full; it is 9", refused.Message, StringComparison.Ordinal);
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
        => Assert.Equal(same, StartOptions.SameUrl(own, handlers));

    [Theory]
    [InlineData(null, "/tmp/x", true)]
    [InlineData("/tmp/x/", "/tmp/x", true)]
    [InlineData("/tmp/y/../x", "/tmp/x", true)]
    [InlineData("/tmp/y", "/tmp/x", false)]
    public void AHandlerOfAnotherDirectoryIsNotOurs(string? own, string handlers, bool same) => Assert.Equal(same, StartOptions.SameDirectory(own, handlers));

    [Fact]
    public void AHandlerOfTheSameDirectoryByAnotherWayIsOurs()
    {
        DirectoryInfo place = Directory.CreateTempSubdirectory("crash-handler-way-");
        string real = Path.Combine(place.FullName, "real", "reports");
        Directory.CreateDirectory(real);
        string way = Path.Combine(place.FullName, "way");
        File.CreateSymbolicLink(way, "real");
        string circle = Path.Combine(place.FullName, "circle");
        File.CreateSymbolicLink(circle, circle);

        Assert.True(StartOptions.SameDirectory(Path.Combine(way, "reports"), real));
        Assert.True(StartOptions.SameDirectory(Path.Combine(way, "not", "there"), Path.Combine(place.FullName, "real", "not", "there")));
        Assert.False(StartOptions.SameDirectory(circle, real));

        place.Delete(recursive: true);
    }

    [Theory]
    [InlineData(1_024, true)]
    [InlineData(1_025, false)]
    public void NamesHaveALimit(int bytes, bool isTaken)
    {
        string name = new('n', bytes);
        foreach (CrashReporterOptions options in new CrashReporterOptions[] { new() { CompanyName = name }, new() { CompanyName = "c", ProductName = name }, new() { CompanyName = "c", ProcessType = name } })
        {
            if (isTaken)
            {
                StartOptions.Check(options);
            }
            else
            {
                Assert.Contains("1025 bytes of UTF-8; at most 1024", Assert.Throws<ArgumentException>(() => StartOptions.Check(options)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void AUrlHasALimit()
        => Assert.Contains("at most 4096", Assert.Throws<ArgumentException>(
            () => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", SubmitUrl = "http://h/" + new string('x', 4_096) })).Message, StringComparison.Ordinal);

    [Fact]
    public void AnEmptyDirectoryIsNone()
        => Assert.Contains("crashesDirectory", Assert.Throws<ArgumentException>(() => StartOptions.Check(new CrashReporterOptions { CompanyName = "c", CrashesDirectory = "" })).Message, StringComparison.Ordinal);

    [Fact]
    public void ALongProductBecomesAFolderThatCanBe()
    {
        string folder = ApplicationIdentity.FolderName(new string('ä', 500));

        Assert.Equal(255, System.Text.Encoding.UTF8.GetByteCount(folder) + 1);
        Assert.EndsWith("ä Crashes", folder, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("YourName", "YourName Crashes")]
    [InlineData("A/B:C\\D", "A_B_C_D Crashes")]
    [InlineData("Ärger 1.0_x-y", "Ärger 1.0_x-y Crashes")]
    public void AProductBecomesAFolder(string product, string folder) => Assert.Equal(folder, ApplicationIdentity.FolderName(product));
}
