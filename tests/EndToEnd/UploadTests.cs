using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What arrives at a crash server.</summary>
public sealed class UploadTests
{
    private static readonly string[] s_always = ["crash_report_id", "guid", "platform", "process_type", "prod", "signature", "ver"];
    private static readonly string[] s_application = ["_companyName", "_productName", "_version"];

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void MainSendsEveryFieldAndItsExtras(string identity)
    {
        using Sandbox sandbox = new(identity);
        Collector collector = sandbox.StartCollector();

        sandbox.RunMain("segv", "--url", collector.Url, "--extra", "grün=ja, \"sehr\"", "--extra", "empty=");

        string report = Assert.Single(collector.WaitFor(1));
        Dictionary<string, string> fields = Collector.Fields(report);
        Assert.Equal(Ordered([.. s_always, .. s_application, "grün", "empty"]), Ordered(fields.Keys));
        Assert.Equal("ja, \"sehr\"", fields["grün"]);
        Assert.Equal("", fields["empty"]);
        AssertPayload(sandbox, report, fields, "main");
        AssertApplication(fields);
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void RendererSendsItsOwnExtrasAndNoneOfTheMains(string identity)
    {
        using Sandbox sandbox = new(identity);
        Collector collector = sandbox.StartCollector();

        ProcessResult main = sandbox.RunMain("none", "--url", collector.Url, "--extra", "main_only=1", "--spawn-renderer", "--kind unhandled --extra renderer_only=2");

        Assert.EndsWith(" exited with 134\n", main.Output, StringComparison.Ordinal);
        string report = Assert.Single(collector.WaitFor(1));
        Dictionary<string, string> fields = Collector.Fields(report);
        Assert.Equal(Ordered([.. s_always, .. s_application, "exception.message", "exception.type", "renderer_only"]), Ordered(fields.Keys));
        Assert.Equal("2", fields["renderer_only"]);
        AssertPayload(sandbox, report, fields, "renderer");
        AssertApplication(fields);
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void PreparedChildSendsNeitherCompanyNorProductNorExtras(string identity)
    {
        using Sandbox sandbox = new(identity);
        Collector collector = sandbox.StartCollector();

        ProcessResult main = sandbox.RunMain("none", "--url", collector.Url, "--extra", "main_only=1", "--spawn-child", "--kind abort");

        Assert.EndsWith(" exited with 134\n", main.Output, StringComparison.Ordinal);
        string report = Assert.Single(collector.WaitFor(1));
        Dictionary<string, string> fields = Collector.Fields(report);
        Assert.Equal(Ordered(s_always), Ordered(fields.Keys));
        AssertPayload(sandbox, report, fields, "child");
    }

    [Fact]
    public void EveryProcessOfAnApplicationIsReportedByOneHandler()
    {
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector();

        ProcessResult main = sandbox.RunMain(
            "failfast", "--url", collector.Url, "--spawn-renderer", "--kind unhandled --extra r=1", "--spawn-child", "--kind segv");

        Assert.Equal(128 + 6, main.ExitCode);
        IEnumerable<string> arrived = collector.WaitFor(3).Select(report => Collector.Fields(report)["process_type"]);
        Assert.Equal(["child", "main", "renderer"], arrived.Order());
        sandbox.WaitUntilUploaded();
        Assert.Equal(3, sandbox.HandlerStatus().GetProperty("captured").GetInt32());
    }

    [Fact]
    public void NothingIsSentWhenUploadsAreOff()
    {
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector();

        sandbox.RunMain("segv", "--url", collector.Url, "--no-upload");

        // The choice was made before the report was: it is settled at once, not at some later time.
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(("skipped", 0), (report.GetProperty("state").GetString(), report.GetProperty("attempts").GetInt32()));
        Assert.Empty(collector.WaitFor(0));
    }

    private static void AssertPayload(Sandbox sandbox, string arrived, Dictionary<string, string> fields, string processType)
    {
        // It arrives before its sender has the answer, and only then lies at its last place.
        sandbox.WaitUntilUploaded();
        JsonElement stored = sandbox.SingleReport();
        Assert.Equal(stored.GetProperty("id").GetString(), fields["crash_report_id"]);
        Assert.Equal(("linux", ".NET", processType), (fields["platform"], fields["prod"], fields["process_type"]));
        Assert.Equal(Environment.Version.ToString(), fields["ver"]);
        Assert.True(Guid.TryParseExact(fields["guid"], "D", out Guid guid) && guid != Guid.Empty, $"guid is '{fields["guid"]}'");
        Assert.Equal(File.ReadAllBytes(stored.GetProperty("dump").GetString()!), File.ReadAllBytes(arrived + ".dmp"));
    }

    private static void AssertApplication(Dictionary<string, string> fields)
        => Assert.Equal(("CrashHandler tests", "Victim", "0.1.0"), (fields["_companyName"], fields["_productName"], fields["_version"]));

    private static string Ordered(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));
}
