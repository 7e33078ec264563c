using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The body that went over the wire means the same to parsers that are not ours.</summary>
public sealed class RecordedBodyTests
{
    private const string DumpField = "upload_file_minidump";

    private const string Attachment = "attachment_app.log";

    /// <summary>
    /// What antenna (A), mini-breakpad-server (M) and simple-breakpad-server (S) were seen to refuse, turned round: who needs it, what it is, and whether
    /// a recorded request has it.
    /// </summary>
    private static readonly (string Servers, string Rule, Func<string, string, bool> Holds)[] s_matrix =
    [
        ("A", "Content-Length, and that of the body", (head, body) => head.Contains($"\r\nContent-Length: {body.Length}\r\n", StringComparison.Ordinal)),
        ("A", "not chunked", (head, _) => !head.Contains("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)),
        ("AMS", "the boundary is the first parameter of the type, unquoted", (head, _) => Regex.IsMatch(head, "\r\nContent-Type: multipart/form-data; boundary=[A-Za-z0-9-]+\r\n")),
        ("M", "not compressed", (head, _) => !head.Contains("Content-Encoding", StringComparison.OrdinalIgnoreCase)),
        ("A", "no compressed body without its header", (_, body) => body.StartsWith("--", StringComparison.Ordinal)),
        ("M", "names and file names are quoted", (_, body) => Parts(body).All(part => Regex.IsMatch(part, "^Content-Disposition: form-data; name=\"[^\"\r\n]+\"(; filename=\"[^\"\r\n]+\")?\r\n"))),
        ("AMS", "the file has a name and a type", (_, body) => Parts(body).Any(part => Regex.IsMatch(part, "^Content-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"[^\"]+[.]dmp\"\r\nContent-Type: application/octet-stream\r\n\r\nMDMP"))),
        ("AMS", "the closing boundary is there, and nothing after it", (head, body) => body.EndsWith($"\r\n--{Boundary(head)}--\r\n", StringComparison.Ordinal)),
        ("AMS", "lines end with CR LF", (head, body) => Parts(body).All(part => part.Contains("\r\n\r\n", StringComparison.Ordinal)) && !head.Replace("\r\n", "", StringComparison.Ordinal).Contains('\n')),
        ("AM", "the body is not empty", (_, body) => body.Length > 0),
        ("S", "the dump is not empty", (_, body) => body.Contains("MDMP", StringComparison.Ordinal)),
        ("A", "there is an annotation", (_, body) => Parts(body).Any(part => !part.Contains("filename=", StringComparison.Ordinal))),
        ("A", "no field is called uuid", (_, body) => !body.Contains("name=\"uuid\"", StringComparison.Ordinal)),
        ("MS", "prod and ver are there", (_, body) => body.Contains("name=\"prod\"\r\n\r\n.NET\r\n", StringComparison.Ordinal) && body.Contains("name=\"ver\"\r\n\r\n", StringComparison.Ordinal)),
        ("AMS", "no Expect (Backtrace asks for none)", (head, _) => !head.Contains("Expect", StringComparison.OrdinalIgnoreCase)),
        ("AMS", "HTTP/1.1", (head, _) => head.Split("\r\n")[0].EndsWith(" HTTP/1.1", StringComparison.Ordinal)),
    ];

    [Fact]
    public void OtherParsersFindTheSameFieldsAndFilesAndTheThreeServersWhatTheyNeed()
    {
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector();
        string log = sandbox.WriteFile("app.log", "one\r\ntwo\r\n--B--\r\n"u8.ToArray());
        sandbox.RunMain("segv", "--url", collector.Url, "--attach-file", log,
            "--extra", "plain=1", "--extra", "grün=ä \"quoted\"; --boundary", "--extra", "empty=", "--extra", "lines=one\ntwo\r\n");
        string report = Assert.Single(collector.WaitFor(1));
        Dictionary<string, string> expected = Collector.Fields(report);
        Dictionary<string, (string Name, byte[] Content)> files = new()
        {
            [DumpField] = ($"{expected["crash_report_id"]}.dmp", File.ReadAllBytes(report + ".dmp")),
            [Attachment] = ("app.log", File.ReadAllBytes(log)),
        };
        string scripts = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "EndToEnd", "parsers");

        AssertFound(FormParsers.Busboy(scripts, report + ".head", report + ".body"), expected, files);
        AssertFound(FormParsers.Formidable(scripts, report + ".head", report + ".body"), expected, files);
        AssertFound(FormParsers.PythonEmail(scripts, report + ".head", report + ".body"), expected, files);
        string head = File.ReadAllText(report + ".head", Encoding.Latin1), body = File.ReadAllText(report + ".body", Encoding.Latin1);
        Assert.Empty(s_matrix.Where(rule => !rule.Holds(head, body)).Select(rule => $"{rule.Servers}: {rule.Rule}"));
    }

    private static string Boundary(string head) => Regex.Match(head, "boundary=([^\r]+)").Groups[1].Value;

    private static IEnumerable<string> Parts(string body)
    {
        string boundary = body[..body.IndexOf("\r\n", StringComparison.Ordinal)];
        return body.Split(boundary + "\r\n", StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertFound(JsonElement found, Dictionary<string, string> expected, Dictionary<string, (string Name, byte[] Content)> files)
    {
        Assert.Equal(
            expected.OrderBy(field => field.Key, StringComparer.Ordinal),
            found.GetProperty("fields").EnumerateObject().Select(field => KeyValuePair.Create(field.Name, field.Value.GetString()!)).OrderBy(field => field.Key, StringComparer.Ordinal));
        Assert.Equal(files.Keys.Order(StringComparer.Ordinal), found.GetProperty("files").EnumerateObject().Select(file => file.Name).Order(StringComparer.Ordinal));
        foreach (JsonProperty file in found.GetProperty("files").EnumerateObject())
        {
            Assert.Equal(files[file.Name].Name, file.Value.GetProperty("filename").GetString());
            Assert.Equal("application/octet-stream", file.Value.GetProperty("mimeType").GetString());
            Assert.Equal(files[file.Name].Content.Length, file.Value.GetProperty("size").GetInt32());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(files[file.Name].Content)), file.Value.GetProperty("sha256").GetString());
        }
    }
}
