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
            writer.WriteStartObject();
            WriteMembers(writer, status);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes what one document has into the object that is begun.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, StatusDocument status)
    {
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
            writer.WriteString("missing", client.Missing);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteQueue(writer, status.Waiting, status.Sending, status.NextAttempt);
        writer.WriteNumber("captured", status.Captured);
        writer.WriteNumber("lost", status.Lost);
        writer.WriteNumber("refused", status.Refused);
        writer.WriteStartObject("refusals");
        for (int end = 0; end < ConnectionEnds.Count; end++)
        {
            writer.WriteNumber(ConnectionEnds.NameOf((ConnectionEnd)end), status.Refusals[end]);
        }

        writer.WriteEndObject();
        writer.WriteNumber("attempts", status.Attempts);
        writer.WriteNumber("uploaded", status.Uploaded);
        writer.WriteNumber("failed", status.Failed);
        writer.WriteString("lastUploadError", status.LastUploadError);
        writer.WriteStartArray("lastErrors");
        foreach (RecentError error in status.LastErrors)
        {
            writer.WriteStartObject();
            writer.WriteString("time", error.Time);
            writer.WriteString("kind", NameOf(error.Kind));
            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes the queue.</summary>
    public static void WriteQueue(Utf8JsonWriter writer, int? waiting, string? sending, DateTimeOffset? nextAttempt)
    {
        writer.WriteStartObject("queue");
        if (waiting is int known)
        {
            writer.WriteNumber("waiting", known);
        }
        else
        {
            writer.WriteNull("waiting");
        }

        writer.WriteString("sending", sending);
        if (nextAttempt is { } next)
        {
            writer.WriteString("nextAttempt", next);
        }
        else
        {
            writer.WriteNull("nextAttempt");
        }

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
                Missing = Optional(client, "missing")?.GetString() ?? nameof(Protocol.Hooks.None),
            });
        }

        // A handler of another version has members of its own, and lacks some of ours.
        JsonElement queue = status.TryGetProperty("queue", out JsonElement known) ? known : default;
        List<RecentError> errors = [];
        if (status.TryGetProperty("lastErrors", out JsonElement last))
        {
            foreach (JsonElement error in last.EnumerateArray())
            {
                errors.Add(new RecentError(error.GetProperty("time").GetDateTimeOffset(), KindOf(Text(error, "kind")), Text(error, "message")));
            }
        }

        int[] refusals = new int[ConnectionEnds.Count];
        for (int end = 0; end < refusals.Length; end++)
        {
            refusals[end] = Optional(Optional(status, "refusals") ?? default, ConnectionEnds.NameOf((ConnectionEnd)end))?.GetInt32() ?? 0;
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
            Waiting = Optional(queue, "waiting") is { } waiting ? waiting.GetInt32() : null,
            Sending = Optional(queue, "sending")?.GetString(),
            NextAttempt = Optional(queue, "nextAttempt") is { } next ? next.GetDateTimeOffset() : null,
            Captured = status.GetProperty("captured").GetInt32(),
            Lost = status.GetProperty("lost").GetInt32(),
            Refused = status.GetProperty("refused").GetInt32(),
            Refusals = refusals,
            Attempts = Optional(status, "attempts")?.GetInt32() ?? 0,
            Uploaded = Optional(status, "uploaded")?.GetInt32() ?? 0,
            Failed = Optional(status, "failed")?.GetInt32() ?? 0,
            LastUploadError = status.GetProperty("lastUploadError").GetString(),
            LastErrors = errors,
        };
    }

    private static JsonElement? Optional(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null ? found : null;

    /// <summary>A kind of error as programs, and people, read it.</summary>
    public static string NameOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Upload => "upload",
        ErrorKind.Capture => "capture",
        _ => "walk",
    };

    private static ErrorKind KindOf(string name) => name switch
    {
        "upload" => ErrorKind.Upload,
        "capture" => ErrorKind.Capture,
        _ => ErrorKind.Walk,
    };

    private static string Text(JsonElement element, string name)
        => element.GetProperty(name).GetString() ?? throw new FormatException($"it has no {name}");
}
