using System.Security.Cryptography;
using System.Text.Json;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The body that went over the wire means the same to parsers that are not ours.</summary>
public sealed class RecordedBodyTests
{
    private const string DumpField = "upload_file_minidump";

    [Fact]
    public void OtherParsersFindTheSameFieldsAndDump()
    {
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector();
        sandbox.RunMain("segv", "--url", collector.Url, "--extra", "plain=1", "--extra", "grün=ä \"quoted\"; --boundary", "--extra", "empty=", "--extra", "lines=one\ntwo\r\n");
        string report = Assert.Single(collector.WaitFor(1));
        Dictionary<string, string> expected = Collector.Fields(report);
        byte[] dump = File.ReadAllBytes(report + ".dmp");
        string scripts = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "EndToEnd", "parsers");

        AssertFound(FormParsers.Busboy(scripts, report + ".head", report + ".body"), expected, dump);
        AssertFound(FormParsers.Formidable(scripts, report + ".head", report + ".body"), expected, dump);
        AssertFound(FormParsers.PythonEmail(scripts, report + ".head", report + ".body"), expected, dump);
    }

    private static void AssertFound(JsonElement found, Dictionary<string, string> expected, byte[] dump)
    {
        Assert.Equal(
            expected.OrderBy(field => field.Key, StringComparer.Ordinal),
            found.GetProperty("fields").EnumerateObject().Select(field => KeyValuePair.Create(field.Name, field.Value.GetString()!)).OrderBy(field => field.Key, StringComparer.Ordinal));
        JsonProperty file = Assert.Single(found.GetProperty("files").EnumerateObject());
        Assert.Equal(DumpField, file.Name);
        Assert.Equal($"{expected["crash_report_id"]}.dmp", file.Value.GetProperty("filename").GetString());
        Assert.Equal("application/octet-stream", file.Value.GetProperty("mimeType").GetString());
        Assert.Equal(dump.Length, file.Value.GetProperty("size").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(dump)), file.Value.GetProperty("sha256").GetString());
    }
}
