using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Cli.Html;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Upload;
using CrashHandler.Handler.Walk;
using CrashHandler.Tests.Cli;
using CrashHandler.Tests.Minidump;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Stacks;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>A database's files, of a disk that may have gone bad, and what the walk writes into them.</summary>
internal static class ReportFormats
{
    private const string Id = "00112233-4455-6677-8899-aabbccddeeff";

    private static readonly Lazy<MinidumpFile> s_dump = new(() => MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create())));

    public static IEnumerable<FuzzedFormat> All =>
    [
        new("record", ReadRecord, typeof(JsonException)) { MakeSeeds = Records, IsText = true, Inputs = 3 * FormatLimits.FewInputs, MostBytes = FormatLimits.ShownBytes },
        new("record-file", ReadRecordFile)
        {
            MakeSeeds = Records, IsText = true, Inputs = FormatLimits.InputsOnDisk, MostBytes = FormatLimits.ShownBytes,
        },
        new("request-file", bytes => InDatabase(bytes, WriteRequest))
        {
            MakeSeeds = () => [[.. "https://user:word@crashes.example:8443/submit?key=1"u8]], IsText = true, Inputs = FormatLimits.InputsOnDisk, MostBytes = FormatLimits.ShownBytes,
        },
        new("database-names", bytes => InDatabase(bytes, WriteNames))
        {
            MakeSeeds = () => new[] { $"{Id}.json", $"{Id}.dmp", $"{Id}.managed.json", $"{Id}.json.tmp", Id, "died-1795000000000-42", "run-0.0-42", "new-0.0-42", "handler.log.3" }.Select(Encoding.UTF8.GetBytes),
            IsText = true,
            Inputs = FormatLimits.InputsOnDisk,
            MostBytes = FormatLimits.ShownBytes,
        },
        new("settings", ReadSettings, typeof(DatabaseException)) { MakeSeeds = Settings, IsText = true, Inputs = 2 * FormatLimits.InputsOnDisk },
        new("stacks-answer", bytes => _ = (DocumentCheck.Check(bytes, leavesOutMessages: false), Refused(() => DocumentCheck.Check(bytes, leavesOutMessages: true))), typeof(InvalidDataException))
        {
            MakeSeeds = Stacks, IsText = true,
        },
        new("stacks", ReadStacks, typeof(JsonException)) { MakeSeeds = Stacks, IsText = true, Inputs = 2 * FormatLimits.FewInputs, MostBytes = FormatLimits.ShownBytes },
        new("walk-request", bytes => WalkRequestCodec.Read(new MemoryStream(bytes)), typeof(InvalidDataException))
        {
            MakeSeeds = () => new[] { WalkRequestCodecTests.Full(), WalkRequestCodecTests.Least() }.Select(Encode), MostBytes = StacksLimits.MapsBytes + (1 << 20),
        },
    ];

    private static IEnumerable<byte[]> Records()
    {
        ReportRecord[] records =
        [
            TestDatabase.Record(Guid.Parse(Id)),
            Hostile.Fill<ReportRecord>() with { Id = Id, State = ReportState.Failed, Attachments = ["\u001b[2J<b>\u202e.log"], CaptureMilliseconds = 1.5, Unknown = null },
            TestDatabase.Record(Guid.Parse(Id)) with
            {
                Exception = new ReportException("T", "m", "T: m\n   at P.M()"),
                Attachments = ["app.log"],
                SoftErrors = ["Memory 0x1000: cut"],
                Delivery = new ReportDelivery("https://crashes.example/submit", new Dictionary<string, string> { ["X-Key"] = "1" }, Compress: true),
                ServerAnswer = "CrashID=bp-1",
                NextAttempt = DateTimeOffset.UnixEpoch,
                Unknown = new Dictionary<string, JsonElement> { ["later"] = JsonElement.Parse("""{"a":[1,"x"]}""") },
            },
        ];
        return records.Select(record => JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord));
    }

    private static IEnumerable<byte[]> Settings()
    {
        StoredSettings[] settings =
        [
            new() { Guid = Guid.Parse(Id) },
            new()
            {
                Guid = Guid.Parse(Id), Uploads = true, UploadsPaused = true, LastLimitedUpload = DateTimeOffset.UnixEpoch, CrashesInARow = 3, LastCrash = Id,
                Unknown = new Dictionary<string, JsonElement> { ["later"] = JsonElement.Parse("""{"a":[1,"x"]}""") },
            },
        ];
        return settings.Select(one => JsonSerializer.SerializeToUtf8Bytes(one, ReportsJson.Default.StoredSettings));
    }

    private static IEnumerable<byte[]> Stacks()
    {
        StackException inner = SampleStack.Exception("System.FormatException", "App.Config.Parse(System.String)");
        StackException exception = SampleStack.Exception("App.StartException", "App.Config.Load()") with { HResult = -1, Inner = [inner] };
        StackFrame[] frames = [SampleStack.Frame("libc.so.6!abort") with { FunctionOffset = 0x1a }, SampleStack.Frame("[Helper]"), SampleStack.Frame("App.Config.Load()") with { File = "/src/Config.cs", Line = 12 }];
        StackDocument document = SampleStack.Document(exception, frames) with
        {
            Signature = "App.StartException | App.Config.Load",
            Runtime = new StackRuntime { Version = "10.0.1", GcMode = "server", Path = "/r" },
            Unknown = new Dictionary<string, JsonElement> { ["later"] = JsonElement.Parse("""{"a":[1,"x"]}""") },
        };
        return [StackDocumentJson.Encode(document), StackDocumentJson.Encode(SampleStack.Document(exception: null, "libc.so.6!abort"))];
    }

    private static byte[] Encode(WalkRequest request)
    {
        using MemoryStream stream = new();
        WalkRequestCodec.Write(request, stream);
        return stream.ToArray();
    }

    private static bool Refused(Action check)
    {
        try
        {
            check();
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    /// <summary>All that is done with a record: it is shown in every way, sent, and written again.</summary>
    private static void ReadRecord(byte[] bytes)
    {
        ReportRecord record = ReportDatabase.Parse(bytes, Id);
        byte[] again = JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord);
        _ = ReportDatabase.Parse(again, Id);
        Show(record, new StoredStacks(null, null, null));
        using MultipartFormData form = new(new Dictionary<string, string>(record.Parameters), []);
        _ = UploadPolicy.ParseId(record.ServerAnswer ?? "");
        _ = WaitingReport.Of(record);
    }

    private static void ReadRecordFile(byte[] bytes)
    {
        foreach (string directory in ReportDatabase.FiledNames)
        {
            InDatabase(bytes, (root, bytes) =>
            {
                File.WriteAllBytes(Path.Combine(root, directory, Id + ReportDatabase.DumpExtension), TestDatabase.Dump);
                File.WriteAllBytes(Path.Combine(root, directory, Id + ReportDatabase.RecordExtension), bytes);
            });
        }
    }

    private static void ReadStacks(byte[] bytes)
    {
        StackDocument document = StackDocumentJson.Decode(bytes);
        _ = StackDocumentJson.Decode(StackDocumentJson.Encode(document));
        _ = StackSignature.Of(document);
        Show(TestDatabase.Record(Guid.Parse(Id)), new StoredStacks(bytes, document, null));
    }

    private static void Show(ReportRecord record, StoredStacks stacks)
    {
        _ = ReportLine.Of(record, width: 80);
        using StringWriter text = new();
        ReportText.Write(text, record, "/r/x.dmp", null, s_dump.Value, stacks, new TerminalColours(AreOn: false));
        Hostile.AssertHarmless(text.ToString());
        using MemoryStream json = new();
        ReportJson.WriteOne(json, record, "/r/x.dmp", null, s_dump.Value, stacks);
        using MemoryStream page = new();
        ReportPage.Write(page, new ShownReport(record, "/r/x.dmp", null, s_dump.Value, stacks));
    }

    private static void ReadSettings(byte[] bytes)
    {
        string directory = Directory.CreateTempSubdirectory("crash-handler-fuzz-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(directory, DatabaseSettings.FileName), bytes);
            DatabaseSettings settings = new(directory);
            _ = (settings.UploadPermission, settings.LastRun, settings.LastLimitedUpload, settings.ClientId);
            settings.SetPaused(paused: !settings.IsPaused);
            settings.CountCrash("another");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void WriteRequest(string root, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(root, ReportDatabase.PendingName, Id + ReportDatabase.DumpExtension), TestDatabase.Dump);
        File.WriteAllBytes(Path.Combine(root, ReportDatabase.PendingName, Id + ReportDatabase.RecordExtension), Records().First());
        Directory.CreateDirectory(Path.Combine(root, ReportDatabase.RequestsName));
        File.WriteAllBytes(Path.Combine(root, ReportDatabase.RequestsName, Id), bytes);
        Directory.CreateDirectory(Path.Combine(root, HandlerRun.DirectoryName));
        File.WriteAllBytes(Path.Combine(root, HandlerRun.DirectoryName, "run-0.0-42"), bytes);
    }

    private static void WriteNames(string root, byte[] bytes)
    {
        const int LongestName = 255;
        // What no name can have.
        byte[] name = [.. bytes.Where(value => value is not (0 or (byte)'/')).Take(LongestName)];
        string text = Encoding.UTF8.GetString(name);
        foreach (string directory in (string[])
            ["", ReportDatabase.NewName, .. ReportDatabase.FiledNames, ReportDatabase.AttachmentsName, ReportDatabase.RequestsName, ReportDatabase.HeapDumpsName, ReportDatabase.DeletionsName, HandlerRun.DirectoryName, "quarantine"])
        {
            string path = Path.Combine(root, directory, text);
            Directory.CreateDirectory(Path.Combine(root, directory));
            if (text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= LongestName && !Path.Exists(path))
            {
                File.WriteAllBytes(path, []);
            }
        }
    }

    /// <summary>All that is done with a database: by a handler that starts, by one that uploads, and by those who look at it. No file in it may be a reason to fail.</summary>
    private static void InDatabase(byte[] bytes, Action<string, byte[]> write)
    {
        using TestDatabase test = new();
        write(test.Root, bytes);
        _ = (test.Database.CountStates(), test.Database.List(), HandlerRun.Deaths(test.Root), HandlerRun.Addresses(test.Root));
        using (HandlerRun.Begin(test.Root, "/run/a.sock", _ => { }))
        {
            test.Sweep();
            using (test.Database.LockUploads())
            {
                test.Database.TakeRequests((record, url) => record with { Delivery = record.Delivery with { Url = url } });
                new ReportDeletion(test.Database).End();
            }

            foreach (ReportRecord record in test.ListPending())
            {
                test.Database.Update(record with { Attempts = record.Attempts + 1 });
                Show(record, StoredStacks.Read(test.Database.StacksPath(record)));
            }

            new Retention(test.Database, RetentionLimits.Default, TimeProvider.System, _ => { }).Look();
            _ = (test.Database.ReadCompleted().Count(), HandlerRun.Deaths(test.Root));
        }
    }
}
