using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>Reads Mozilla's stream of soft errors: a JSON array whose elements are texts or objects with one property, the error's kind.</summary>
internal static class SoftErrorReader
{
    /// <summary>Reads it.</summary>
    /// <exception cref="MinidumpFormatException">It is too long or no JSON array.</exception>
    public static IReadOnlyList<DumpSoftError> Read(MinidumpBytes bytes, MinidumpLocationDescriptor location)
    {
        if (location.DataSize > MinidumpLimits.MaxSoftErrorBytes)
        {
            throw new MinidumpFormatException($"the soft errors have {location.DataSize} bytes, above the limit of {MinidumpLimits.MaxSoftErrorBytes}", location.Rva);
        }

        // Through a string, because the parser does not check that texts are UTF-8 before somebody asks for them.
        string json = Encoding.UTF8.GetString(bytes.Slice(location, "the soft errors").Span);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Array)
            {
                throw new MinidumpFormatException("the soft errors are no JSON array", location.Rva);
            }

            return root.GetArrayLength() <= MinidumpLimits.MaxObjectsRead
                ? [.. root.EnumerateArray().Select(element => new DumpSoftError(Canonical(element), Describe(element)))]
                : throw new MinidumpFormatException($"{root.GetArrayLength()} soft errors are above the limit of {MinidumpLimits.MaxObjectsRead}", location.Rva);
        }
        catch (JsonException e)
        {
            throw new MinidumpFormatException($"the soft errors are no JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", location.Rva);
        }
    }

    /// <summary>The same JSON with everything escaped that a terminal could act on; a text of JSON where it holds half a character.</summary>
    private static string Canonical(JsonElement element)
    {
        using MemoryStream json = new();
        try
        {
            using Utf8JsonWriter writer = new(json);
            element.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            return $"\"{JsonEncodedText.Encode(element.GetRawText())}\"";
        }

        return Encoding.UTF8.GetString(json.GetBuffer().AsSpan(0, (int)json.Length));
    }

    /// <summary>Ours as <c>step subject: reason</c>, any other as its JSON.</summary>
    private static string Describe(JsonElement element)
    {
        try
        {
            if (element.ValueKind == JsonValueKind.Object && element.EnumerateObject().ToArray() is [{ Value.ValueKind: JsonValueKind.Object } only]
                && only.Value.TryGetProperty("subject", out JsonElement subject) && subject.ValueKind == JsonValueKind.String
                && only.Value.TryGetProperty("reason", out JsonElement reason) && reason.ValueKind == JsonValueKind.String)
            {
                return $"{only.Name} {subject.GetString()}: {reason.GetString()}";
            }

            return element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
        }
        catch (InvalidOperationException)
        {
            // An escape that stands for half a character has no text; its JSON can still be shown.
            return element.GetRawText();
        }
    }
}
