using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>Mozilla's stream of soft errors, which <see cref="SoftErrorReader"/> reads: an array of <c>{"step":{"subject":"...","reason":"..."}}</c>.</summary>
internal static class SoftErrorWriter
{
    /// <summary>Adds it, if there are any.</summary>
    /// <param name="layout">The dump.</param>
    /// <param name="softErrors">At most <see cref="MinidumpLimits.MaxSoftErrors"/> stay, and one that counts the others.</param>
    public static void Add(MinidumpLayout layout, List<SoftError> softErrors)
    {
        if (softErrors.Count == 0)
        {
            return;
        }

        int above = softErrors.Count - MinidumpLimits.MaxSoftErrors;
        if (above > 0)
        {
            softErrors.RemoveRange(MinidumpLimits.MaxSoftErrors, above);
            softErrors.Add(new SoftError("SoftErrors", $"{above} more", $"limit of {MinidumpLimits.MaxSoftErrors} soft errors"));
        }

        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartArray();
            foreach (SoftError error in softErrors)
            {
                writer.WriteStartObject();
                writer.WriteStartObject(MinidumpString.Head(error.Step, MinidumpLimits.MaxSoftErrorUnits));
                writer.WriteString("subject", MinidumpString.Head(error.Subject, MinidumpLimits.MaxSoftErrorUnits));
                writer.WriteString("reason", MinidumpString.Head(error.Reason, MinidumpLimits.MaxSoftErrorUnits));
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        layout.AddStream(MinidumpStreamType.MozSoftErrors, layout.Add(json.ToArray()));
    }
}
