using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>What is written by hand is what the compiler's converters write: a member that is added to the document is missing from neither.</summary>
public sealed class StackDocumentJsonTests
{
    [Fact]
    public void EveryMemberIsWrittenAsTheSerializerDoes()
    {
        StackFrame frame = new()
        {
            Kind = StackFrameKind.Managed,
            Origin = StackFrameOrigin.Runtime,
            Method = "P.Größe<🦖>\u0001\"\\",
            Module = "/a/b.dll",
            ModuleOffset = 0,
            FunctionOffset = ulong.MaxValue,
            Mvid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            Token = 0x06000001,
            IlOffset = -1,
            File = "/a/b.cs",
            Line = 7,
            Ip = 0x7f00,
            Sp = 0x7fff_0000,
            Run = new StackRun(2, 3, true),
        };
        StackException exception = new() { Type = "T", Message = "half \ud83e", HResult = unchecked((int)0x80131509), Frames = [frame], Inner = [new StackException { Type = "U" }], Problem = "cut" };
        StackThread thread = new()
        {
            ThreadId = 1,
            Name = "n",
            Crashed = true,
            ManagedId = 2,
            ManagedName = "m",
            Kinds = ["gc", "background"],
            Problem = "p",
            Exception = exception,
            Frames = [frame, new StackFrame { Kind = StackFrameKind.Native, Origin = StackFrameOrigin.Scan }],
            FrameCount = 3,
            AtLeast = true,
            LeftOut = 4,
            LeftOutAt = 5,
        };
        StackDocument document = new()
        {
            Signature = "s",
            Source = StackSource.Client,
            Problem = "p",
            Runtime = new StackRuntime { Version = "10.0.1", GcMode = "server", InCollection = true, Path = "/r" },
            Exception = exception,
            Milliseconds = 1.25,
            Threads = [thread, new StackThread { ThreadId = 2 }],
            Problems = ["q"],
            Unknown = new Dictionary<string, JsonElement> { ["later"] = JsonElement.Parse("[1]") },
        };
        Check(document);
        Check(new StackDocument { Source = StackSource.None });

        // A member that nobody set here would be missing from both.
        string json = Encoding.UTF8.GetString(StackDocumentJson.Encode(document));
        foreach (System.Reflection.PropertyInfo property in new[] { typeof(StackDocument), typeof(StackThread), typeof(StackException), typeof(StackFrame), typeof(StackRun), typeof(StackRuntime) }.SelectMany(type => type.GetProperties()))
        {
            Assert.Contains(property.Name == nameof(StackDocument.Unknown) ? "\"later\"" : $"\"{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}\"", json, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"source":"Magic"}""")]
    [InlineData("""{"source":"1"}""")]
    [InlineData("""{"source":"None","threads":{}}""")]
    [InlineData("""{"source":"None","threads":[{}]}""")]
    [InlineData("""{"source":"None","threads":[{"threadId":1e99}]}""")]
    [InlineData("""{"source":"None","threads":[{"threadId":1,"frames":[{"kind":"Native","origin":"Scan","ip":"7f00"}]}]}""")]
    [InlineData("""{"source":"None","exception":{"type":null}}""")]
    [InlineData("""{"source":"None","problem":"\ud83e"}""")]
    [InlineData("""{"source":"None","problems":[null]}""")]
    public void WhatIsNoneIsRefused(string json) => Assert.ThrowsAny<JsonException>(() => StackDocumentJson.Decode(Encoding.UTF8.GetBytes(json)));

    private static void Check(StackDocument document)
    {
        string json = JsonSerializer.Serialize(document, StacksJson.Default.StackDocument);
        byte[] encoded = StackDocumentJson.Encode(document);
        Assert.Equal(json, Encoding.UTF8.GetString(encoded));
        Assert.Equal(json, JsonSerializer.Serialize(StackDocumentJson.Decode(encoded), StacksJson.Default.StackDocument));
    }
}
