using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Minidump;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Minidumps, of whichever producer, and what of them has a format of its own.</summary>
internal static class DumpFormats
{
    public static IEnumerable<FuzzedFormat> All =>
    [
        new("minidump", bytes => Show(MinidumpFile.Read(bytes)), typeof(MinidumpFormatException))
        {
            MakeSeeds = () => [SampleSnapshot.Dump(SampleSnapshot.CreateFull()), SampleSnapshot.Dump(SampleSnapshot.Create()), RawDump.WithEverythingElse()],
            Inputs = FormatLimits.FewInputs,
            MostBytes = FormatLimits.ImageBytes,
        },
        new("crashpad-info", bytes => Show(MinidumpFile.Read(bytes)), typeof(MinidumpFormatException))
        {
            // Little else is in it.
            MakeSeeds = () => [RawDump.WithEverythingElse()],
            MostBytes = FormatLimits.ShownBytes,
        },
        // One stream that is broken is a problem of that stream, and no refusal.
        new("soft-errors", bytes => Show(MinidumpFile.Read(RawDump.Of(MinidumpStreamType.MozSoftErrors, bytes))))
        {
            MakeSeeds = () => [[.. """[{"Memory":{"subject":"0x1000","reason":"cut"}},"InitErrors",{"StopProcessFailed":{"Stop":"EPERM"}},"half \ud83e"]"""u8]],
            IsText = true,
            MostBytes = FormatLimits.ShownBytes,
        },
    ];

    private static void Show(MinidumpFile dump)
    {
        using StringWriter text = new();
        MinidumpText.Write(text, dump);
        using MemoryStream json = new();
        MinidumpJson.Write(json, dump);
        if (text.ToString().Any(character => char.IsControl(character) && character != '\n') || Encoding.UTF8.GetString(json.ToArray()).Any(character => char.IsControl(character) && character != '\n'))
        {
            throw new InvalidOperationException("a control character gets through");
        }
    }
}
