using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>Crashpad's own stream: the report's ids, and the annotations of the process, sorted by key.</summary>
internal static class CrashpadInfoWriter
{
    /// <summary>Adds it.</summary>
    /// <param name="layout">The dump.</param>
    /// <param name="annotations">What it says.</param>
    /// <param name="softErrors">Takes what is cut.</param>
    public static void Add(MinidumpLayout layout, MinidumpAnnotations annotations, List<SoftError> softErrors)
    {
        List<KeyValuePair<string, string>> sorted = [.. annotations.Simple];
        sorted.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        if (sorted.Count > MinidumpLimits.MaxAnnotations)
        {
            int above = sorted.Count - MinidumpLimits.MaxAnnotations;
            softErrors.Add(new SoftError("CrashpadInfo", $"{above} annotations", $"limit of {MinidumpLimits.MaxAnnotations} annotations"));
            sorted.RemoveRange(MinidumpLimits.MaxAnnotations, above);
        }

        List<MinidumpSimpleStringDictionaryEntry> entries = [];
        foreach ((string key, string value) in sorted)
        {
            uint keyRva = AddUtf8(layout, softErrors, key, $"key {MinidumpString.Head(key, 64)}");
            uint valueRva = AddUtf8(layout, softErrors, value, MinidumpString.Head(key, 64));
            entries.Add(new MinidumpSimpleStringDictionaryEntry { Key = keyRva, Value = valueRva });
        }

        layout.AddStream(MinidumpStreamType.CrashpadInfo, layout.Add(new MinidumpCrashpadInfo
        {
            Version = MinidumpCrashpadInfo.ExpectedVersion,
            ReportId = annotations.ReportId,
            ClientId = annotations.ClientId,
            SimpleAnnotations = layout.AddList<MinidumpSimpleStringDictionaryEntry>(CollectionsMarshal.AsSpan(entries)),
        }));
    }

    private static uint AddUtf8(MinidumpLayout layout, List<SoftError> softErrors, string text, string subject)
    {
        uint rva = layout.Add(MinidumpString.Utf8(text, out int cut)).Rva;
        if (cut > 0)
        {
            softErrors.Add(new SoftError("CrashpadInfo", subject, $"{cut} bytes above the limit of {MinidumpLimits.MaxUtf8Bytes} bytes of a text"));
        }

        return rva;
    }
}
