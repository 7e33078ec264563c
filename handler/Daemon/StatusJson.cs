using System.Buffers;
using System.Text.Json;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// A <see cref="StatusDocument"/> as JSON; scripts depend on the names. By hand: the converters that the compiler makes for it are 30 KB of private memory of every
/// idle handler.
/// </summary>
internal static class StatusJson
{
    /// <summary>One document in UTF-8.</summary>
    public static byte[] Encode(StatusDocument status)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            Write(writer, status);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes one document.</summary>
    public static void Write(Utf8JsonWriter writer, StatusDocument status)
    {
        writer.WriteStartObject();
        writer.WriteNumber("handlerPid", status.HandlerPid);
        writer.WriteString("version", status.Version);
        writer.WriteString("since", status.Since);
        writer.WriteString("database", status.Database);
        writer.WriteString("address", status.Address);
        writer.WriteString("url", status.Url);
        writer.WriteBoolean("persistent", status.Persistent);
        writer.WriteBoolean("uploads", status.Uploads);
        writer.WriteBoolean("paused", status.Paused);
        writer.WriteStartArray("clients");
        foreach (StatusClient client in status.Clients)
        {
            writer.WriteStartObject();
            writer.WriteNumber("pid", client.Pid);
            writer.WriteString("since", client.Since);
            writer.WriteString("processType", client.ProcessType);
            writer.WriteString("product", client.Product);
            writer.WriteString("hooks", client.Hooks);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("reports");
        foreach ((string state, int count) in status.Reports)
        {
            writer.WriteNumber(state, count);
        }

        writer.WriteEndObject();
        writer.WriteNumber("captured", status.Captured);
        writer.WriteNumber("lost", status.Lost);
        writer.WriteNumber("refused", status.Refused);
        writer.WriteString("lastUploadError", status.LastUploadError);
        writer.WriteEndObject();
    }

    /// <summary>Reads one document.</summary>
    /// <exception cref="DaemonException">It is none.</exception>
    public static StatusDocument Decode(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(json);
            return Read(parsed.RootElement);
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DaemonException($"the handler's status cannot be read: {broken.Message}");
        }
    }

    private static StatusDocument Read(JsonElement status)
    {
        List<StatusClient> clients = [];
        foreach (JsonElement client in status.GetProperty("clients").EnumerateArray())
        {
            clients.Add(new StatusClient
            {
                Pid = client.GetProperty("pid").GetInt32(),
                Since = client.GetProperty("since").GetDateTimeOffset(),
                ProcessType = Text(client, "processType"),
                Product = client.GetProperty("product").GetString(),
                Hooks = Text(client, "hooks"),
            });
        }

        Dictionary<string, int> reports = [];
        foreach (JsonProperty state in status.GetProperty("reports").EnumerateObject())
        {
            reports[state.Name] = state.Value.GetInt32();
        }

        return new StatusDocument
        {
            HandlerPid = status.GetProperty("handlerPid").GetInt32(),
            Version = Text(status, "version"),
            Since = status.GetProperty("since").GetDateTimeOffset(),
            Database = Text(status, "database"),
            Address = Text(status, "address"),
            Url = status.GetProperty("url").GetString(),
            Persistent = status.GetProperty("persistent").GetBoolean(),
            Uploads = status.GetProperty("uploads").GetBoolean(),
            Paused = status.GetProperty("paused").GetBoolean(),
            Clients = clients,
            Reports = reports,
            Captured = status.GetProperty("captured").GetInt32(),
            Lost = status.GetProperty("lost").GetInt32(),
            Refused = status.GetProperty("refused").GetInt32(),
            LastUploadError = status.GetProperty("lastUploadError").GetString(),
        };
    }

    private static string Text(JsonElement element, string name)
        => element.GetProperty(name).GetString() ?? throw new FormatException($"it has no {name}");
}
