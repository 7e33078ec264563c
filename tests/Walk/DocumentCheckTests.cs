using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Walk;
using Xunit;

namespace CrashHandler.Tests.Walk;

/// <summary>What is taken for a document, and what is taken of it.</summary>
public sealed class DocumentCheckTests
{
    private const int Mutations = 20_000;
    private const int Seed = 20_261_129;

    [Fact]
    public void WhatTheWalkWritesIsTaken()
    {
        StackSummary summary = Check(Encode(Full(StacksLimits.Exceptions)));

        Assert.Equal(new StackSummary(StackSource.Walk, "half of it", "P!P.Main<T>", "System.Größe", "the message"), summary);
        Assert.Equal(new StackSummary(StackSource.None, null, null, null, null), Check(Encode(new StackDocument { Source = StackSource.None })));
    }

    [Theory]
    [InlineData("", "it said nothing")]
    [InlineData(" ", "The input does not contain any JSON tokens")]
    [InlineData("null", "the document is of another type")]
    [InlineData("[]", "the document is of another type")]
    [InlineData("{}", "version 0 instead of 1")]
    [InlineData("""{"version":1}""", "it has no source")]
    [InlineData("""{"version":1,"source":"Walk"}""", "it has no threads")]
    [InlineData("""{"version":2,"source":"Walk","threads":[]}""", "version 2 instead of 1")]
    [InlineData("""{"version":"1","source":"Walk","threads":[]}""", "version is of another type")]
    [InlineData("""{"version":1e99,"source":"Walk","threads":[]}""", "version 0 instead of 1")]
    [InlineData("""{"version":1,"source":"Magic","threads":[]}""", "an unknown source")]
    [InlineData("""{"version":1,"source":"1","threads":[]}""", "an unknown source")]
    [InlineData("""{"version":1,"source":null,"threads":[]}""", "an unknown source")]
    [InlineData("""{"version":1,"source":"Walk","threads":{}}""", "threads is of another type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[1]}""", "a thread is of another type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"signature":7}""", "signature is of another type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"exception":[]}""", "exception is of another type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"exception":{"message":"m"}}""", "an exception without a type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"exception":{"type":{}}}""", "exception.type is of another type")]
    [InlineData("""{"version":1,"source":"Walk","threads":[]} x""", "'x' is invalid after a single JSON value")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a":"\ud83e"}""", "half a character")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a":"\ud83e\n"}""", "half a character")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a":"\ud83e\ud83e"}""", "half a character")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a":"\ud83ex\udd96"}""", "half a character")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a":"\\\udd96"}""", "half a character")]
    [InlineData("""{"version":1,"source":"Walk","threads":[],"a\ud83e":1}""", "half a character")]
    public void WhatIsNoneIsRefusedAndTheReasonSaid(string answer, string reason)
    {
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(Encoding.UTF8.GetBytes(answer)));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Fact]
    public void WholeCharactersAreTaken()
        => Assert.Equal("🦖\\ud83e\n", Check("""{"version":1,"source":"Walk","threads":[],"signature":"\ud83e\udd96\\ud83e\n"}"""u8.ToArray()).Signature);

    [Fact]
    public void BytesThatAreNoTextAreRefused()
        => Assert.Contains("no UTF-8", Assert.Throws<InvalidDataException>(() => Check([.. "{\"version\":1,\"source\":\"Walk\",\"threads\":[],\"a\":\""u8, 0xff, .. "\"}"u8])).Message, StringComparison.Ordinal);

    [Fact]
    public void NestingHasAnEnd()
    {
        string deep = new('[', StacksLimits.DocumentDepth);
        Assert.Contains("depth", Assert.Throws<InvalidDataException>(() => Check(Encoding.UTF8.GetBytes($$"""{"version":1,"source":"Walk","threads":[],"a":{{deep}}"""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongTextsAreCutBeforeACharacterAndTooLongOnesRefused()
    {
        StackSummary summary = Check(Encode(new StackDocument
        {
            Source = StackSource.Walk,
            Exception = new StackException { Type = "T", Message = new string('x', StacksLimits.ParameterMessageBytes - 1) + "ä" },
        }));
        Assert.Equal(new string('x', StacksLimits.ParameterMessageBytes - 1), summary.ExceptionMessage);

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Check(Encode(new StackDocument { Source = StackSource.Walk, Signature = new string('x', StacksLimits.TakenTextBytes + 1) })));
        Assert.Contains($"signature has {StacksLimits.TakenTextBytes + 1} bytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASanitizedDocumentHasNoMessage()
    {
        StackDocument document = Full(3);

        Assert.Contains("which was to be left out", Assert.Throws<InvalidDataException>(() => DocumentCheck.Check(Encode(document), leavesOutMessages: true)).Message, StringComparison.Ordinal);
        Assert.Null(DocumentCheck.Check(Encode(document with { Exception = new StackException { Type = "T" }, Threads = [] }), leavesOutMessages: true).ExceptionMessage);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "the password is swordfish")]
    public void TheDocumentWithoutAWalkHasTheMessageOnlyWhereItMay(bool leavesOut, string? message)
    {
        WalkFacts facts = new()
        {
            Limit = StacksLimits.OfDeath,
            LeavesOutMessages = leavesOut,
            ExceptionType = "System.InvalidOperationException",
            ExceptionMessage = "the password is swordfish",
            ExceptionText = "System.InvalidOperationException: the password is swordfish\n   at P.Main()",
        };

        using WalkAnswer answer = StackWalk.Without(new StackThread { ThreadId = 1 }, facts, "why");

        Assert.Equal((StackSource.Client, "why", "System.InvalidOperationException", message), (answer.Summary.Source, answer.Summary.Problem, answer.Summary.ExceptionType, answer.Summary.ExceptionMessage));
        Assert.Equal(answer.Summary, DocumentCheck.Check(answer.Document.Span, leavesOut));
    }

    /// <summary>Damaged documents, always the same ones: refused, or taken and then read by everybody.</summary>
    [Fact]
    public void DamagedDocumentsAreTakenOrRefused()
    {
        byte[] whole = Encode(Full(2));
        Random random = new(Seed);
        int taken = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. whole];
            for (int changes = random.Next(1, 3); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            try
            {
                Check(bytes);
                taken++;
                using JsonDocument parsed = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = StacksLimits.DocumentDepth });
                ReadTexts(parsed.RootElement);
            }
            catch (InvalidDataException refusal)
            {
                Assert.DoesNotContain(refusal.Message, char.IsControl);
            }
        }

        Assert.InRange(taken, Mutations / 20, Mutations - 1);
    }

    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Assert.NotNull(property.Name);
                    ReadTexts(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.String:
                Assert.NotNull(element.GetString());
                break;
        }
    }

    private static StackSummary Check(byte[] answer) => DocumentCheck.Check(answer, leavesOutMessages: false);

    private static byte[] Encode(StackDocument document) => JsonSerializer.SerializeToUtf8Bytes(document, StacksJson.Default.StackDocument);

    private static StackDocument Full(int exceptions)
    {
        StackFrame frame = new() { Kind = StackFrameKind.Managed, Origin = StackFrameOrigin.Runtime, Method = "P.Größe<🦖>", Ip = 0x7f00, Run = new StackRun(1, 3, true) };
        StackException exception = new() { Type = "System.Innermost", Message = "m", Frames = [frame] };
        for (int i = 1; i < exceptions; i++)
        {
            exception = new StackException { Type = "System.Größe", Message = "the message", Frames = [frame], Inner = [exception] };
        }

        return new StackDocument
        {
            Source = StackSource.Walk,
            Problem = "half of it",
            Signature = "P!P.Main<T>",
            Exception = exception,
            Threads = [new StackThread { ThreadId = 1, Name = "main", Crashed = true, Exception = exception, Frames = [frame] }],
        };
    }
}
