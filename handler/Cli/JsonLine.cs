using System.Text.Json;

namespace CrashHandler.Handler.Cli;

/// <summary>JSON Lines (jsonlines.org): one object, on one line, seen at once by whoever reads.</summary>
internal static class JsonLine
{
    /// <summary>Writes an object.</summary>
    public static void Write(Stream output, Action<Utf8JsonWriter> members)
    {
        using (Utf8JsonWriter writer = new(output))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
        output.Flush();
    }
}
