using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.Minidump;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Stacks;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>What <c>reports show</c> says of a report with and without stacks.</summary>
public sealed class ReportShowTests : IDisposable
{
    private static readonly ReportException s_exception = new("System.FormatException", "no number", "System.FormatException: no number\n   at App.Program.Main()");

    private static readonly JsonTypeInfo<StackDocument> s_unescaped
        = (JsonTypeInfo<StackDocument>)new JsonSerializerOptions(StacksJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }.GetTypeInfo(typeof(StackDocument));

    private readonly TestDatabase _database = new();

    [Fact]
    public void StacksStandBetweenHeadAndDump()
    {
        ReportRecord report = _database.File(with: record => record with { Signature = "System.FormatException | App.Program.Main", Exception = s_exception });
        Store(report, JsonSerializer.SerializeToUtf8Bytes(SampleStack.Document(SampleStack.Exception("System.FormatException", "App.Program.Main()"), "libc.so.6!abort"), StacksJson.Default.StackDocument));

        string text = Text(report);

        string[] parts = ["Report      ", "\nSignature   System.FormatException | App.Program.Main\nStacks      native and managed", "\nThe exception\n  System.FormatException: no matter\n", "\nOther threads (1)\n", "\nWhat is sent with it:\n", "\nCrash       SIGSEGV"];
        Assert.Equal(parts.Select(part => text.IndexOf(part, StringComparison.Ordinal)).Order(), parts.Select(part => text.IndexOf(part, StringComparison.Ordinal)));
        Assert.All(parts, part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.DoesNotContain("in its own words", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutStacksItSaysWhyAndShowsTheProcessesWords()
    {
        ReportRecord report = _database.File(with: record => record with { ManagedProblem = "the walk took longer than 5 s", Exception = s_exception });
        string text = Text(report);
        Assert.Contains("\nStacks      none: the walk took longer than 5 s\n", text, StringComparison.Ordinal);
        Assert.Contains("\nThe exception in its own words:\n  System.FormatException: no number\n", text, StringComparison.Ordinal);
        JsonElement json = Json(report);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, "the walk took longer than 5 s"), (json.GetProperty("stacks").ValueKind, json.GetProperty("stacksProblem").ValueKind, json.GetProperty("managedProblem").GetString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"source\":\"Nowhere\"}")]
    [InlineData("{\"source\":\"Walk\",\"threads\":{}}")]
    public void BrokenStacksAreSaidAndCostNothingElse(string json)
    {
        ReportRecord report = _database.File();
        Store(report, Encoding.UTF8.GetBytes(json));
        Assert.Matches("\nStacks      none: '[^'\n]*\\.managed\\.json' cannot be read: [^\n]+\n", Text(report));
        JsonElement shown = Json(report);
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("stacks").ValueKind);
        Assert.Contains("cannot be read", shown.GetProperty("stacksProblem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheDocumentIsInTheJsonAsItIs()
    {
        ReportRecord report = _database.File(with: record => record with { Signature = "A", ManagedSource = "Walk" });
        const string later = """{"version":2,"source":"Walk","threads":[{"threadId":71,"crashed":true,"colour":"blue","frames":[]}],"weather":[1,2]}""";
        Store(report, Encoding.UTF8.GetBytes(later));
        JsonElement shown = Json(report);
        Assert.Equal(("A", "Walk"), (shown.GetProperty("signature").GetString(), shown.GetProperty("managedSource").GetString()));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(later), shown.GetProperty("stacks")));
        Assert.Contains("\nCrashed thread 71\n", Text(report), StringComparison.Ordinal);
    }

    /// <summary>As deep as a document may be, and with a name that would be commands to a terminal: neither ends the command, nor gets through as it is.</summary>
    [Fact]
    public void ADeepAndHostileDocumentIsShownWhole()
    {
        StackException exception = new() { Type = "Innermost" };
        for (int i = 1; i < StacksLimits.Exceptions; i++)
        {
            exception = new StackException { Type = "Outer", Inner = [exception] };
        }

        ReportRecord report = _database.File();
        StackThread[] threads = [new() { ThreadId = 1, Crashed = true, Name = "a\u009b31mb\u202ec", Exception = exception }];
        Store(report, JsonSerializer.SerializeToUtf8Bytes(new StackDocument { Source = StackSource.Walk, Threads = threads }, s_unescaped));
        using MemoryStream stream = new();

        ReportJson.WriteOne(stream, report, _database.Database.DumpPath(report), null, MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create())), StoredStacks.Read(_database.Database.StacksPath(report)));

        string text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("Innermost", text, StringComparison.Ordinal);
        Assert.All(text, character => Assert.True(character is '\n' or (>= ' ' and <= '~'), $"U+{(int)character:X4} gets through"));
    }

    [Fact]
    public void AListHasTheSignature()
    {
        ReportRecord report = _database.File(with: record => record with { Signature = "A | B" });
        using MemoryStream stream = new();
        ReportJson.WriteList(stream, [report], _database.Database);
        JsonElement shown = JsonElement.Parse(stream.ToArray())[0];
        Assert.Equal(("A | B", JsonValueKind.Null), (shown.GetProperty("signature").GetString(), shown.GetProperty("managedProblem").ValueKind));
        Assert.False(shown.TryGetProperty("stacks", out _));
    }

    public void Dispose() => _database.Dispose();

    private void Store(ReportRecord report, byte[] json) => File.WriteAllBytes(Path.ChangeExtension(_database.Database.DumpPath(report), ".managed.json"), json);

    private string Text(ReportRecord report)
    {
        using StringWriter writer = new();
        string path = _database.Database.DumpPath(report);
        ReportText.Write(writer, report, path, null, MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create())), StoredStacks.Read(_database.Database.StacksPath(report)), new TerminalColours(AreOn: false));
        return writer.ToString();
    }

    private JsonElement Json(ReportRecord report)
    {
        using MemoryStream stream = new();
        string path = _database.Database.DumpPath(report);
        ReportJson.WriteOne(stream, report, path, null, MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create())), StoredStacks.Read(_database.Database.StacksPath(report)));
        return JsonElement.Parse(stream.ToArray());
    }
}
