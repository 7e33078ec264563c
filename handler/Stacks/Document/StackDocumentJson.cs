using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace CrashHandler.Handler.Stacks.Document;

/// <summary>
/// Writes and reads the document as <see cref="StacksJson"/> does, by hand: the converters that the compiler makes for its types are 150 kB of private memory in every idle handler
/// that links them (measured).
/// </summary>
internal static class StackDocumentJson
{
    private static readonly string[] s_members = ["version", "signature", "source", "problem", "runtime", "exception", "milliseconds", "threads", "problems"];

    private static readonly JsonWriterOptions s_options = new() { MaxDepth = StacksLimits.DocumentDepth, SkipValidation = true };

    /// <summary>The document as UTF-8.</summary>
    public static byte[] Encode(StackDocument document)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, s_options))
        {
            Write(writer, document);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static StackDocument Decode(ReadOnlyMemory<byte> json)
    {
        try
        {
            JsonTexts.Require(json.Span, StacksLimits.DocumentDepth);
            using JsonDocument parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = StacksLimits.DocumentDepth });
            return Document(parsed.RootElement);
        }
        catch (Exception broken) when (broken is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is no document of stacks: {broken.Message}", broken);
        }
    }

    private static StackDocument Document(JsonElement element) => new()
    {
        Version = Number(element, "version") ?? StackDocument.CurrentVersion,
        Signature = Text(element, "signature"),
        Source = Name<StackSource>(element, "source"),
        Problem = Text(element, "problem"),
        Runtime = One(element, "runtime", runtime => new StackRuntime
        {
            Version = SomeText(runtime, "version"),
            GcMode = Text(runtime, "gcMode"),
            InCollection = Flag(runtime, "inCollection"),
            Path = SomeText(runtime, "path"),
        }),
        Exception = One(element, "exception", Exception),
        Milliseconds = Member(element, "milliseconds") is not { } time ? 0 : double.IsFinite(time.GetDouble()) ? time.GetDouble() : throw new FormatException("milliseconds are infinite"),
        Threads = Many(element, "threads", Thread),
        Problems = Many(element, "problems", SomeText),
        Unknown = Unknown(element),
    };

    private static StackThread Thread(JsonElement element) => new()
    {
        ThreadId = Number(element, "threadId") ?? throw new KeyNotFoundException("a thread without an id"),
        Name = Text(element, "name") ?? "",
        Crashed = Flag(element, "crashed"),
        ManagedId = Number(element, "managedId"),
        ManagedName = Text(element, "managedName"),
        Kinds = Many(element, "kinds", SomeText),
        Problem = Text(element, "problem"),
        Exception = One(element, "exception", Exception),
        Frames = Many(element, "frames", Frame),
        FrameCount = Number(element, "frameCount") ?? 0,
        AtLeast = Flag(element, "atLeast"),
        LeftOut = Number(element, "leftOut") ?? 0,
        LeftOutAt = Number(element, "leftOutAt"),
    };

    private static StackException Exception(JsonElement element) => new()
    {
        Type = SomeText(element, "type"),
        Message = Text(element, "message"),
        HResult = Number(element, "hResult"),
        Frames = Many(element, "frames", Frame),
        Inner = Many(element, "inner", Exception),
        Problem = Text(element, "problem"),
    };

    private static StackFrame Frame(JsonElement element) => new()
    {
        Kind = Name<StackFrameKind>(element, "kind"),
        Origin = Name<StackFrameOrigin>(element, "origin"),
        Method = Text(element, "method"),
        Module = Text(element, "module"),
        ModuleOffset = Address(element, "moduleOffset"),
        FunctionOffset = Address(element, "functionOffset"),
        Mvid = Member(element, "mvid")?.GetGuid(),
        Token = Member(element, "token")?.GetUInt32(),
        IlOffset = Number(element, "ilOffset"),
        File = Text(element, "file"),
        Line = Number(element, "line"),
        Ip = Address(element, "ip") ?? 0,
        Sp = Address(element, "sp") ?? 0,
        Run = One(element, "run", run => new StackRun(Number(run, "length") ?? 0, Number(run, "times") ?? 0, Flag(run, "atLeast"))),
    };

    private static Dictionary<string, JsonElement>? Unknown(JsonElement element)
    {
        Dictionary<string, JsonElement> unknown = [];
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (Array.IndexOf(s_members, member.Name) < 0)
            {
                unknown[member.Name] = member.Value.Clone();
            }
        }

        return unknown.Count > 0 ? unknown : null;
    }

    // Null is as good as absent.
    private static JsonElement? Member(JsonElement element, string name)
        => element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static string? Text(JsonElement element, string name) => Member(element, name)?.GetString();

    private static string SomeText(JsonElement element, string name) => Text(element, name) ?? throw new KeyNotFoundException($"{name} is missing");

    private static string SomeText(JsonElement element) => element.GetString() ?? throw new KeyNotFoundException("a text is missing");

    private static int? Number(JsonElement element, string name) => Member(element, name)?.GetInt32();

    private static bool Flag(JsonElement element, string name) => Member(element, name)?.GetBoolean() ?? false;

    private static T Name<T>(JsonElement element, string name)
        where T : struct, Enum
        // Its name, and not its number, which TryParse takes, too.
        => SomeText(element, name) is var text && Enum.TryParse(text, out T value) && value.ToString() == text ? value : throw new FormatException($"an unknown {name}");

    private static ulong? Address(JsonElement element, string name)
        => Text(element, name) is not { } text ? null
            : text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value
            : throw new FormatException("an address is a text such as 0x7f00");

    private static T? One<T>(JsonElement element, string name, Func<JsonElement, T> read)
        where T : class
        => Member(element, name) is { } member ? read(member) : null;

    private static List<T> Many<T>(JsonElement element, string name, Func<JsonElement, T> read)
        where T : class
    {
        List<T> all = [];
        if (Member(element, name) is { } members)
        {
            foreach (JsonElement member in members.EnumerateArray())
            {
                all.Add(read(member));
            }
        }

        return all;
    }

    private static void Write(Utf8JsonWriter writer, StackDocument document)
    {
        writer.WriteStartObject();
        writer.WriteNumber("version"u8, document.Version);
        Text(writer, "signature"u8, document.Signature);
        writer.WriteString("source"u8, document.Source.ToString());
        Text(writer, "problem"u8, document.Problem);
        if (document.Runtime is { } runtime)
        {
            writer.WriteStartObject("runtime"u8);
            writer.WriteString("version"u8, runtime.Version);
            Text(writer, "gcMode"u8, runtime.GcMode);
            writer.WriteBoolean("inCollection"u8, runtime.InCollection);
            writer.WriteString("path"u8, runtime.Path);
            writer.WriteEndObject();
        }

        if (document.Exception is { } exception)
        {
            writer.WritePropertyName("exception"u8);
            Write(writer, exception);
        }

        writer.WriteNumber("milliseconds"u8, document.Milliseconds);
        writer.WriteStartArray("threads"u8);
        foreach (StackThread thread in document.Threads)
        {
            Write(writer, thread);
        }

        writer.WriteEndArray();
        Texts(writer, "problems"u8, document.Problems);
        foreach ((string name, JsonElement value) in document.Unknown ?? [])
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, StackThread thread)
    {
        writer.WriteStartObject();
        writer.WriteNumber("threadId"u8, thread.ThreadId);
        writer.WriteString("name"u8, thread.Name);
        writer.WriteBoolean("crashed"u8, thread.Crashed);
        Number(writer, "managedId"u8, thread.ManagedId);
        Text(writer, "managedName"u8, thread.ManagedName);
        Texts(writer, "kinds"u8, thread.Kinds);
        Text(writer, "problem"u8, thread.Problem);
        if (thread.Exception is { } exception)
        {
            writer.WritePropertyName("exception"u8);
            Write(writer, exception);
        }

        Write(writer, thread.Frames);
        writer.WriteNumber("frameCount"u8, thread.FrameCount);
        writer.WriteBoolean("atLeast"u8, thread.AtLeast);
        writer.WriteNumber("leftOut"u8, thread.LeftOut);
        Number(writer, "leftOutAt"u8, thread.LeftOutAt);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, StackException exception)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, exception.Type);
        Text(writer, "message"u8, exception.Message);
        Number(writer, "hResult"u8, exception.HResult);
        Write(writer, exception.Frames);
        writer.WriteStartArray("inner"u8);
        foreach (StackException inner in exception.Inner)
        {
            Write(writer, inner);
        }

        writer.WriteEndArray();
        Text(writer, "problem"u8, exception.Problem);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<StackFrame> frames)
    {
        writer.WriteStartArray("frames"u8);
        foreach (StackFrame frame in frames)
        {
            Write(writer, frame);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, StackFrame frame)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, frame.Kind.ToString());
        writer.WriteString("origin"u8, frame.Origin.ToString());
        Text(writer, "method"u8, frame.Method);
        Text(writer, "module"u8, frame.Module);
        Address(writer, "moduleOffset"u8, frame.ModuleOffset);
        Address(writer, "functionOffset"u8, frame.FunctionOffset);
        if (frame.Mvid is { } mvid)
        {
            writer.WriteString("mvid"u8, mvid);
        }

        if (frame.Token is { } token)
        {
            writer.WriteNumber("token"u8, token);
        }

        Number(writer, "ilOffset"u8, frame.IlOffset);
        Text(writer, "file"u8, frame.File);
        Number(writer, "line"u8, frame.Line);
        Address(writer, "ip"u8, frame.Ip);
        Address(writer, "sp"u8, frame.Sp);
        if (frame.Run is { } run)
        {
            writer.WriteStartObject("run"u8);
            writer.WriteNumber("length"u8, run.Length);
            writer.WriteNumber("times"u8, run.Times);
            writer.WriteBoolean("atLeast"u8, run.AtLeast);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static void Texts(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
    }

    private static void Address(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ulong? address)
    {
        if (address is { } value)
        {
            writer.WriteString(name, string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));
        }
    }
}
