using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

/// <summary>The options of Start as an operator writes them into an environment.</summary>
public sealed class EnvironmentOptionsTests
{
    [Fact]
    public void WithoutVariablesStartCanBeCalled()
    {
        EnvironmentOptions read = Read();

        StartOptions.Check(read.Options);
        Assert.Equal("", read.Options.CompanyName);
        Assert.Null(read.Options.ProductName);
        Assert.Null(read.Options.UploadToServer);
        Assert.Empty(read.NotTaken);
        Assert.Empty(read.Attachments);
        Assert.False(read.IsVerbose);
    }

    [Fact]
    public void EveryOptionHasAVariable()
    {
        EnvironmentOptions read = Read(
            ("CRASH_HANDLER_PRODUCT_NAME", "Zombies"),
            ("CRASH_HANDLER_COMPANY_NAME", "Umbrella Corporation"),
            ("CRASH_HANDLER_SUBMIT_URL", "https://crashes.example/submit"),
            ("CRASH_HANDLER_HEADERS", "Authorization=Bearer%20a%2Cb, X-Team = red"),
            ("CRASH_HANDLER_UPLOAD_TO_SERVER", "0"),
            ("CRASH_HANDLER_COMPRESS_UPLOADS", "1"),
            ("CRASH_HANDLER_RATE_LIMIT", "true"),
            ("CRASH_HANDLER_WAIT_FOR_UPLOAD", "90"),
            ("CRASH_HANDLER_CRASHES_DIRECTORY", "/var/crashes"),
            ("CRASH_HANDLER_PROCESS_TYPE", "worker"),
            ("CRASH_HANDLER_EXTRA", "channel=beta,note=a%3Db,empty="),
            ("CRASH_HANDLER_ATTACHMENTS", "/var/log/a.log:/var/log/b.log"),
            ("CRASH_HANDLER_HEAP_DUMP", "heap"),
            ("CRASH_HANDLER_CAPTURE_ALL_CHILDREN", "True"),
            ("CRASH_HANDLER_IGNORE_SYSTEM_CRASH_HANDLER", "TRUE"),
            ("CRASH_HANDLER_SANITIZE_STACKS", "1"),
            ("CRASH_HANDLER_INCLUDE_ENVIRONMENT", "1"),
            ("CRASH_HANDLER_PATH", "/opt/crash-handler"),
            ("CRASH_HANDLER_VERBOSE", "1"));

        CrashReporterOptions options = read.Options;
        Assert.Empty(read.NotTaken);
        Assert.Equal(("Zombies", "Umbrella Corporation", "https://crashes.example/submit"), (options.ProductName, options.CompanyName, options.SubmitUrl));
        Assert.Equal([new("Authorization", "Bearer a,b"), new("X-Team", "red")], options.Headers.OrderBy(header => header.Key));
        Assert.Equal((false, true, true, TimeSpan.FromSeconds(90)), (options.UploadToServer, options.CompressUploads, options.RateLimit, options.WaitForUpload));
        Assert.Equal(("/var/crashes", "worker", "/opt/crash-handler"), (options.CrashesDirectory, options.ProcessType, options.HandlerPath));
        Assert.Equal([new("channel", "beta"), new("empty", ""), new("note", "a=b")], options.Extra.OrderBy(extra => extra.Key));
        Assert.Equal(["/var/log/a.log", "/var/log/b.log"], read.Attachments);
        Assert.Equal(HeapDumpKind.Heap, options.HeapDump);
        Assert.True(options.CaptureAllChildren && options.IgnoreSystemCrashHandler && options.SanitizeStacks && options.IncludeEnvironment && read.IsVerbose);
    }

    /// <summary>So that none is forgotten: whoever adds an option adds its variable, or says here why not.</summary>
    [Fact]
    public void NoOptionIsWithoutAVariable()
    {
        IEnumerable<string> options = typeof(CrashReporterOptions).GetProperties().Select(property => property.Name);
        IEnumerable<string> variables = typeof(EnvironmentNames).GetFields().Select(field => field.Name);

        Assert.Equal([nameof(CrashReporterOptions.HandlerPath)], options.Except(variables));
        Assert.Equal("CRASH_HANDLER_PATH", EnvironmentNames.Path);
    }

    [Theory]
    [InlineData("socorro:https://crash-reports.example.com", "https://crash-reports.example.com/submit")]
    [InlineData("sentry:https://KEY@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/minidump/?sentry_key=KEY")]
    [InlineData("backtrace:universe/token", "https://submit.backtrace.io/universe/token/minidump")]
    [InlineData("bugsplat:database", "https://database.bugsplat.com/post/electron/v2/crash.php")]
    [InlineData("mini-breakpad:http://127.0.0.1:1127", "http://127.0.0.1:1127/post")]
    public void KnownServersAreNamedByTheirKind(string server, string url)
    {
        EnvironmentOptions read = Read(("CRASH_HANDLER_SERVER", server));

        Assert.Empty(read.NotTaken);
        Assert.Equal(url, read.Options.Url);
    }

    [Theory]
    [InlineData("CRASH_HANDLER_SUBMIT_URL", "ftp://host/", "submitURL must be an absolute http or https URL; it is 'ftp://host/'")]
    [InlineData("CRASH_HANDLER_SERVER", "secret", "takes socorro:URL, sentry:DSN, backtrace:UNIVERSE/TOKEN, bugsplat:DATABASE or mini-breakpad:URL")]
    [InlineData("CRASH_HANDLER_SERVER", "backtrace:universe", "takes socorro:URL, sentry:DSN, backtrace:UNIVERSE/TOKEN, bugsplat:DATABASE or mini-breakpad:URL")]
    [InlineData("CRASH_HANDLER_SERVER", "sentry:no-url", "must be an absolute http or https URL; it is 'no-url'")]
    [InlineData("CRASH_HANDLER_HEADERS", "secret", "takes KEY=VALUE,KEY=VALUE, with %2C for a comma; number 1 is none")]
    [InlineData("CRASH_HANDLER_EXTRA", "a=b,=c", "takes KEY=VALUE,KEY=VALUE, with %2C for a comma; number 2 is none")]
    [InlineData("CRASH_HANDLER_EXTRA", "uuid=1", "'uuid' is reserved and cannot be a parameter's key")]
    [InlineData("CRASH_HANDLER_UPLOAD_TO_SERVER", "maybe", "takes 1 or 0, true or false; it is 'maybe'")]
    [InlineData("CRASH_HANDLER_RATE_LIMIT", "yes", "takes 1 or 0, true or false; it is 'yes'")]
    [InlineData("CRASH_HANDLER_WAIT_FOR_UPLOAD", "1m", "takes a number of seconds; it is '1m'")]
    [InlineData("CRASH_HANDLER_WAIT_FOR_UPLOAD", "-1", "takes a number of seconds; it is '-1'")]
    [InlineData("CRASH_HANDLER_WAIT_FOR_UPLOAD", "99999999999", "takes a number of seconds; it is '99999999999'")]
    [InlineData("CRASH_HANDLER_WAIT_FOR_UPLOAD", "3601", "waitForUpload must be between 0 and 60 minutes; it is 01:00:01")]
    [InlineData("CRASH_HANDLER_HEAP_DUMP", "big", "takes none, mini, heap or full; it is 'big'")]
    [InlineData("CRASH_HANDLER_ATTACHMENTS", "1:2:3:4:5:6:7:8:9:10:11", "at most 10 files are taken")]
    [InlineData("CRASH_HANDLER_VERBOSE", "on", "takes 1 or 0, true or false; it is 'on'")]
    public void ABadValueCostsItselfOnly(string name, string value, string reason)
    {
        EnvironmentOptions read = Read((name, value), ("CRASH_HANDLER_PRODUCT_NAME", "Zombies"), ("CRASH_HANDLER_INCLUDE_ENVIRONMENT", "1"));

        Assert.Equal([$"{name}: {reason}"], read.NotTaken);
        Assert.Equal("Zombies", read.Options.ProductName);
        Assert.True(read.Options.IncludeEnvironment);
        StartOptions.Check(read.Options);
    }

    [Fact]
    public void OfAUrlAndAServerTheUrlIsTaken()
    {
        EnvironmentOptions read = Read(("CRASH_HANDLER_SUBMIT_URL", "https://a.example/"), ("CRASH_HANDLER_SERVER", "bugsplat:database"));

        Assert.Equal(["CRASH_HANDLER_SERVER: submitURL and server are both set; a server brings its URL along"], read.NotTaken);
        Assert.Equal("https://a.example/", read.Options.Url);
    }

    [Fact]
    public void AnEmptyVariableIsAnUnsetOne()
    {
        EnvironmentOptions read = Read(("CRASH_HANDLER_PROCESS_TYPE", ""), ("CRASH_HANDLER_CRASHES_DIRECTORY", ""), ("CRASH_HANDLER_RATE_LIMIT", ""));

        Assert.Empty(read.NotTaken);
        Assert.Null(read.Options.ProcessType);
    }

    [Theory]
    [InlineData("/usr/share/dotnet/sdk/10.0.100/", true)]
    [InlineData("/usr/share/dotnet/sdk/10.0.100/Roslyn/bincore/", true)]
    [InlineData("/usr/share/dotnet/shared/x/", false)]
    [InlineData("/usr/share/dotnet/sdk-tools/", false)]
    [InlineData("/home/me/app/sdk/", false)]
    public void ProgramsOfTheSdkAreKnownByTheirPlace(string baseDirectory, bool isOne)
        => Assert.Equal(isOne, SdkProgram.Is(baseDirectory, "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.0/"));

    private static EnvironmentOptions Read(params (string Name, string Value)[] variables)
    {
        Dictionary<string, string> environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        return EnvironmentOptions.Read(environment.GetValueOrDefault);
    }
}
