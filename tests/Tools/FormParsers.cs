using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>Parsers of <c>multipart/form-data</c> that know nothing of us; each says as JSON what it found: fields, and files by size and SHA-256.</summary>
internal static class FormParsers
{
    /// <summary>Far above what a parser needs; it is killed then and the test fails.</summary>
    private static readonly TimeSpan ParserLimit = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string> Folder = new(() => NpmTools.Locate(["node_modules/busboy", "node_modules/formidable"], "busboy@1.6.0", "formidable@3.5.4"));

    /// <summary>npm's <c>busboy</c>.</summary>
    public static JsonElement Busboy(string scripts, string head, string body) => Node(scripts, "busboy.mjs", head, body);

    /// <summary>npm's <c>formidable</c>.</summary>
    public static JsonElement Formidable(string scripts, string head, string body) => Node(scripts, "formidable.mjs", head, body);

    /// <summary>The <c>email</c> package of Python.</summary>
    public static JsonElement PythonEmail(string scripts, string head, string body)
        => Read(ToolProcess.Run("python3", ParserLimit, Path.Combine(scripts, "email_parser.py"), head, body));

    private static JsonElement Node(string scripts, string script, string head, string body)
        => Read(ToolProcess.Run("node", ParserLimit, Path.Combine(scripts, script), Folder.Value, head, body));

    private static JsonElement Read(ToolResult result)
    {
        Assert.True(result.ExitCode == 0, $"a parser exited with {result.ExitCode}: {result.Error}");
        return JsonElement.Parse(result.Output);
    }
}
