using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Stacks.Document;

/// <summary>Addresses as texts such as <c>"0x7f00"</c>: a script's numbers end at 2^53.</summary>
internal sealed class HexadecimalConverter : JsonConverter<ulong>
{
    private const string Prefix = "0x";

    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.GetString() is { } text && text.StartsWith(Prefix, StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new JsonException("an address is a text such as 0x7f00");

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[Prefix.Length + (2 * sizeof(ulong))];
        text.TryWrite(CultureInfo.InvariantCulture, $"{Prefix}{value:x}", out int length);
        writer.WriteStringValue(text[..length]);
    }
}
