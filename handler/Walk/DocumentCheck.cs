using System.Text.Json;
using System.Text.Unicode;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Walk;

/// <summary>
/// Whether an answer is a document, and what the handler takes of it. Whoever made it may have been overwritten by the broken process: it is read token by token, and
/// nothing is built of it.
/// </summary>
internal static class DocumentCheck
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = StacksLimits.DocumentDepth };

    /// <summary>Checks an answer.</summary>
    /// <param name="answer">All of it.</param>
    /// <param name="leavesOutMessages">It must have no exception's message.</param>
    /// <exception cref="InvalidDataException">It is no document, for the reason that the message says.</exception>
    public static StackSummary Check(ReadOnlySpan<byte> answer, bool leavesOutMessages)
    {
        if (answer.IsEmpty)
        {
            throw new InvalidDataException("it said nothing");
        }

        Utf8JsonReader reader = new(answer, s_options);
        try
        {
            CheckTexts(answer, leavesOutMessages);
            return Read(ref reader);
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"its answer is no document, at byte {reader.BytesConsumed} of {answer.Length}: {FirstSentence(broken.Message)}", broken);
        }
    }

    // The reader looks at a text's bytes only when somebody asks for the text: later readers of this document would fail.
    private static void CheckTexts(ReadOnlySpan<byte> answer, bool leavesOutMessages)
    {
        if (!Utf8.IsValid(answer))
        {
            throw new InvalidDataException("its answer is no document: it is no UTF-8");
        }

        Utf8JsonReader reader = new(answer, s_options);
        bool isMessage = false;
        try
        {
            while (reader.Read())
            {
                if (isMessage && reader.TokenType != JsonTokenType.Null)
                {
                    throw new InvalidDataException("its answer has a message of an exception, which was to be left out");
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && JsonTexts.HasLoneSurrogate(reader.ValueSpan))
                {
                    throw new JsonException("half a character");
                }

                isMessage = leavesOutMessages && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("message"u8);
            }
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"its answer is no document, at byte {reader.BytesConsumed} of {answer.Length}: {FirstSentence(broken.Message)}", broken);
        }
    }

    private static StackSummary Read(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "the document");
        int version = 0;
        StackSource? source = null;
        bool hasThreads = false;
        StackSummary summary = new(StackSource.None, null, null, null, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("version"u8))
            {
                Expect(ref reader, JsonTokenType.Number, "version");
                version = reader.TryGetInt32(out int number) ? number : 0;
            }
            else if (reader.ValueTextEquals("source"u8))
            {
                // Its name, and not its number, which TryParse takes, too.
                source = Text(ref reader, "source") is var name && Enum.TryParse(name, out StackSource known) && known.ToString() == name ? known : throw new JsonException("an unknown source");
            }
            else if (reader.ValueTextEquals("problem"u8))
            {
                summary = summary with { Problem = Text(ref reader, "problem") };
            }
            else if (reader.ValueTextEquals("signature"u8))
            {
                summary = summary with { Signature = Text(ref reader, "signature") };
            }
            else if (reader.ValueTextEquals("exception"u8))
            {
                (string? type, string? message) = ReadException(ref reader);
                summary = summary with { ExceptionType = type, ExceptionMessage = message };
            }
            else if (reader.ValueTextEquals("threads"u8))
            {
                SkipThreads(ref reader);
                hasThreads = true;
            }
            else
            {
                reader.Skip();
            }
        }

        return version != StackDocument.CurrentVersion ? throw new JsonException($"version {version} instead of {StackDocument.CurrentVersion}")
            : source is null || !hasThreads ? throw new JsonException($"it has no {(source is null ? "source" : "threads")}")
            : (summary with { Source = source.Value }).Shortened();
    }

    private static (string? Type, string? Message) ReadException(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return (null, null);
        }

        string? type = null, message = null;
        Require(reader.TokenType == JsonTokenType.StartObject, "exception");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                type = Text(ref reader, "exception.type");
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                message = Text(ref reader, "exception.message");
            }
            else
            {
                reader.Skip();
            }
        }

        return (type ?? throw new JsonException("an exception without a type"), message);
    }

    private static void SkipThreads(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartArray, "threads");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Require(reader.TokenType == JsonTokenType.StartObject, "a thread");
            reader.Skip();
        }
    }

    private static string? Text(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        Require(reader.TokenType is JsonTokenType.String or JsonTokenType.Null, what);
        return reader.TokenType == JsonTokenType.Null ? null
            : reader.ValueSpan.Length <= StacksLimits.TakenTextBytes ? reader.GetString()
            : throw new JsonException($"{what} has {reader.ValueSpan.Length} bytes");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        reader.Read();
        Require(reader.TokenType == type, what);
    }

    private static void Require(bool isOfItsType, string what)
    {
        if (!isOfItsType)
        {
            throw new JsonException($"{what} is of another type");
        }
    }

    // .NET adds where it was, in its own words, and shows bytes of the answer as they are.
    private static string FirstSentence(string message)
        => string.Concat((message.IndexOf(". ", StringComparison.Ordinal) is int end && end > 0 ? message[..end] : message).Select(c => char.IsControl(c) ? '?' : c));
}
