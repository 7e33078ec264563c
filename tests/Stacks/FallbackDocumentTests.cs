using System.Text.Json;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Stacks;

public sealed class FallbackDocumentTests
{
    private static readonly WalkRequest s_request = new()
    {
        ProcessId = 70,
        UserId = 1,
        GroupId = 1,
        IsDotNet = true,
        HasCrashed = true,
        Limit = StacksLimits.OfDeath,
        Threads = [new WalkThread(71, "worker", null), new WalkThread(70, "app", null)],
        Modules = [],
        Maps = [],
    };

    private static readonly WalkRequest s_told = s_request with
    {
        ExceptionType = "System.FormatException",
        ExceptionMessage = "no number",
        ExceptionText = "System.FormatException: no number\n   at App.Config.Parse(String text) in /src/Config.cs:line 3\n   at App.Program.Main()",
    };

    [Fact]
    public void TheProcessesOwnWordsFillIt()
    {
        StackDocument document = FallbackDocument.Of(s_told, "there is no DAC");
        Assert.Equal((StackSource.Client, "there is no DAC", "System.FormatException | App.Config.Parse"), (document.Source, document.Problem, document.Signature));
        Assert.Equal("no number", document.Exception!.Message);
        StackThread thread = Assert.Single(document.Threads);
        Assert.Equal((71, "worker", true, 2), (thread.ThreadId, thread.Name, thread.Crashed, thread.FrameCount));
        Assert.Equal("App.Config.Parse(String)", thread.Frames[0].Method);
    }

    [Fact]
    public void WithoutThemThereIsOnlyTheReason()
    {
        StackDocument document = FallbackDocument.Of(s_request, "the walk took too long");
        Assert.Equal((StackSource.None, "the walk took too long", null), (document.Source, document.Problem, document.Signature));
        Assert.Null(document.Exception);
        Assert.Empty(Assert.Single(document.Threads).Frames);
    }

    [Fact]
    public void NativeStacksAreBetterThanTheExceptions()
    {
        StackThread[] threads = [new() { ThreadId = 71, Crashed = true, Frames = SampleStack.Frames("libx.so!crunch") }];
        StackDocument document = FallbackDocument.Of(s_request, problem: null, threads);
        Assert.Equal((StackSource.None, "crunch"), (document.Source, document.Signature));
        Assert.Same(threads, document.Threads);
        Assert.Equal("System.FormatException | App.Config.Parse", FallbackDocument.Of(s_told, "no DAC", threads).Signature);
    }

    [Fact]
    public void AProcessWithoutThreadsHasADocumentToo()
    {
        StackDocument document = FallbackDocument.Of(s_told with { Threads = [] }, "nothing could be read");
        Assert.Empty(document.Threads);
        Assert.NotNull(document.Signature);
    }

    [Fact]
    public void ItIsJsonAndBack()
    {
        StackDocument document = FallbackDocument.Of(s_told, "there is no DAC");
        string json = JsonSerializer.Serialize(document, StacksJson.Default.StackDocument);
        StackDocument read = JsonSerializer.Deserialize(json, StacksJson.Default.StackDocument)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, StacksJson.Default.StackDocument));
        Assert.Contains("\"source\":\"Client\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void ASanitizedReportsDocumentHasNoMessage()
    {
        WalkRequest told = s_told with
        {
            LeavesOutMessages = true,
            ExceptionMessage = "the password is swordfish",
            ExceptionText = "System.FormatException: the password is swordfish\n ---> System.Exception: the inner swordfish\n   at App.Inner()\n   --- End of inner exception stack trace ---\n   at App.Main()",
        };

        string json = JsonSerializer.Serialize(FallbackDocument.Of(told, "there is no DAC"), StacksJson.Default.StackDocument);

        Assert.DoesNotContain("swordfish", json, StringComparison.Ordinal);
        Assert.Contains("App.Inner", json, StringComparison.Ordinal);
    }
}
