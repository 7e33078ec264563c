using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Walk;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public class ReportParametersTests
{
    private static readonly Guid s_guid = new("5e1286fc-da97-479e-918b-6bfb0c3d1c72");
    private static readonly Dictionary<string, string> s_none = [];

    [Fact]
    public void AProcessThatSaidNothingHasNeitherCompanyNorProductNorVersion()
    {
        Dictionary<string, string> parameters = ReportParameters.Of(Registration.Empty, s_none, s_guid, "native", "0.1.0", "child");

        Assert.Equal(
            ["guid=5e1286fc-da97-479e-918b-6bfb0c3d1c72", "platform=linux", "process_type=child", "prod=native", "ver=0.1.0"],
            parameters.Select(parameter => $"{parameter.Key}={parameter.Value}").Order());
    }

    [Fact]
    public void ItsOwnFieldsAndExtrasGoAlong()
    {
        Registration registration = new(
            new Dictionary<string, string>
            {
                [RegistrationFields.Prod] = ".NET",
                [RegistrationFields.Ver] = "10.0.1",
                [RegistrationFields.ProcessType] = "renderer",
                [RegistrationFields.ProductName] = "P",
                [RegistrationFields.CompanyName] = "C",
                [RegistrationFields.Version] = "1.2",
                [RegistrationFields.Database] = "/tmp/x",
                [RegistrationFields.Url] = "http://user:secret@host/",
            },
            new Dictionary<string, string> { ["tab"] = "7", ["_productName"] = "own" });

        Dictionary<string, string> parameters = ReportParameters.Of(registration, s_none, s_guid, "native", "0", "child");

        Assert.Equal("own", parameters["_productName"]);
        Assert.Equal("C", parameters["_companyName"]);
        Assert.Equal("1.2", parameters["_version"]);
        Assert.Equal("7", parameters["tab"]);
        Assert.Equal((".NET", "10.0.1", "renderer"), (parameters["prod"], parameters["ver"], parameters["process_type"]));
        Assert.DoesNotContain("url", parameters.Keys);
        Assert.DoesNotContain("database", parameters.Keys);
    }

    [Theory]
    [InlineData("prod")]
    [InlineData("ver")]
    [InlineData("platform")]
    [InlineData("process_type")]
    [InlineData("guid")]
    public void NoExtraTakesThePlaceOfOurs(string key)
    {
        Registration registration = new(s_none, new Dictionary<string, string> { [key] = "forged" });

        Assert.NotEqual("forged", ReportParameters.Of(registration, s_none, s_guid, "native", "0", "child")[key]);
    }

    [Fact]
    public void AnAnnotationGoesInUnlessTheProcessHasItsOwnValue()
    {
        Dictionary<string, string> annotations = new() { ["channel"] = "beta", ["tab"] = "0" };
        Registration registration = new(s_none, new Dictionary<string, string> { ["tab"] = "7" });

        Dictionary<string, string> parameters = ReportParameters.Of(registration, annotations, s_guid, "native", "0", "child");

        Assert.Equal(("beta", "7"), (parameters["channel"], parameters["tab"]));
    }

    [Fact]
    public void StacksAreAddedAndAnExtraOfTheSameNameStays()
    {
        Dictionary<string, string> before = new() { ["signature"] = "my own", ["tab"] = "7" };

        IReadOnlyDictionary<string, string> after = ReportParameters.WithStacks(before, new StackSummary(StackSource.Walk, "a problem", "S", "T", null));

        Assert.Equal(new Dictionary<string, string> { ["signature"] = "my own", ["tab"] = "7", ["exception.type"] = "T" }, after);
        Assert.Equal(2, before.Count);
    }
}
