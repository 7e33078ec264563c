using System.Security.Cryptography;
using System.Text;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>
/// A disk that gives back other bytes than it was given: of a record, of the settings, of a dump's beginning, each in turn. Everything else stays as it is, what is broken is read as it
/// is or kept in quarantine, byte for byte, and nobody meets with an exception that he does not know.
/// </summary>
public sealed class FlippedByteTests : IDisposable
{
    private const int Bits = 8;

    // What the header says, and the beginning of its directory.
    private const int DumpBeginning = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    /// <summary>One bit of each byte, another one each time.</summary>
    [Fact]
    public void ARecordCostsNoOtherReportAndIsKept() => FlipRecord(position => [position % Bits]);

    [Fact(Explicit = true)]
    public void ARecordCostsNoOtherReportAndIsKeptWithEveryBit() => FlipRecord(_ => [.. Enumerable.Range(0, Bits)]);

    /// <summary>The queue sends what there is of it, or leaves it, and sends the others in any case.</summary>
    [Fact]
    public async Task ARecordHoldsNoOtherReportUp()
    {
        ReportRecord broken = FileBroken();
        _database.File(minute: 1);
        string[] names = _database.AllFiles();
        Dictionary<string, byte[]> files = names.ToDictionary(name => name, Read);
        string path = $"pending/{broken.Id}.json";
        for (int position = 0; position < files[path].Length; position += 5)
        {
            Flip(path, files[path], position, position % Bits);
            ManualTimeProvider time = new();
            using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            UploadQueue queue = new(_database.Database, new Uri("http://127.0.0.1:1/"), time, new Lazy<ILogger>(Log.Logger), retention: new Retention(_database.Database, RetentionLimits.Default, time, _ => { }));
            queue.Start(stopping.Token);
            // The other report is the younger one, and so the first, unless the flip was in a date. For a moment a child that another test is just starting may have the upload lock.
            while (!_database.Database.List().Any(report => report.Unanswered == 1 && report.Id != broken.Id))
            {
                TimeSpan wait = await time.NextWaitAsync(stopping.Token);
                time.Advance(wait == UploadLimits.BetweenUploads ? wait : TimeSpan.Zero);
            }

            Assert.False(queue.Finished.IsCompleted);
            await stopping.CancelAsync();
            await queue.Finished;

            Restore(files);
        }
    }

    [Fact]
    public void SettingsAreTakenFromTheOtherCopyOrAsTheyAre() => FlipSettings(position => [position % Bits]);

    [Fact(Explicit = true)]
    public void SettingsAreTakenFromTheOtherCopyOrAsTheyAreWithEveryBit() => FlipSettings(_ => [.. Enumerable.Range(0, Bits)]);

    [Fact]
    public void OfADumpThatIsFiledItCostsNothingButItself()
    {
        ReportRecord report = FileBroken();
        string path = $"pending/{report.Id}.dmp";
        Dictionary<string, byte[]> files = _database.AllFiles().ToDictionary(name => name, Read);
        for (int flip = 0; flip < DumpBeginning * Bits; flip++)
        {
            byte[] flipped = Flip(path, files[path], flip / Bits, flip % Bits);

            _database.Sweep(problem => Assert.Fail(problem));

            Assert.Equal(report.Id, Assert.Single(_database.Database.List()).Id);
            Assert.Equal(flipped, Read(path));
            try
            {
                MinidumpFile.Read(flipped);
            }
            catch (MinidumpFormatException)
            {
                // What a reader says of it.
            }
        }
    }

    /// <summary>Of one that a dead handler left, its signature says whether it was finished: then it is filed, else it is none, and that is said.</summary>
    [Fact]
    public void OfADumpThatIsBegunItIsFiledOrSaid()
    {
        ReportRecord report = FileBroken();
        Dictionary<string, byte[]> files = _database.AllFiles().ToDictionary(name => name, Read);
        foreach (int flip in Enumerable.Range(0, DumpBeginning * Bits))
        {
            File.Move(_database.PathOf("pending", report.Id + ".json"), _database.PathOf("new", report.Id + ".json"));
            File.Move(_database.PathOf("pending", report.Id + ".dmp"), _database.PathOf("new", report.Id + ".dmp"));
            Flip($"new/{report.Id}.dmp", files[$"pending/{report.Id}.dmp"], flip / Bits, flip % Bits);
            List<string> told = [];

            // For a moment a child that another test is just starting has its lock.
            Assert.True(SpinWait.SpinUntil(() => Swept(told), s_patience), $"byte {flip / Bits}, bit {flip % Bits}: nothing is said");

            bool isSigned = flip / Bits >= sizeof(uint);
            Assert.Equal(isSigned ? 1 : 0, _database.Database.List().Count);
            Assert.Contains(told, line => line.Contains(isSigned ? "it is filed now" : "what it left is removed", StringComparison.Ordinal));
            Restore(files);
        }
    }

    private void FlipRecord(Func<int, int[]> bits)
    {
        ReportRecord broken = FileBroken();
        ReportRecord other = _database.FileWhole(isPending: true, minute: 1), done = _database.FileWhole(isPending: false, minute: 2);
        Dictionary<string, byte[]> files = _database.AllFiles().ToDictionary(name => name, Read);
        string path = $"pending/{broken.Id}.json";
        int read = 0, kept = 0;
        for (int position = 0; position < files[path].Length; position++)
        {
            foreach (int bit in bits(position))
            {
                byte[] flipped = Flip(path, files[path], position, bit);
                List<string> told = [];

                IReadOnlyList<ReportRecord> listed = _database.Database.List(told.Add);
                _ = _database.Database.CountStates();
                _ = _database.Database.FindPending(broken.Id);
                DateTimeOffset now = other.Created;
                new Retention(_database.Database, RetentionLimits.Default, new ManualTimeProvider(), _ => { }).Prune(isDryRun: true);
                Assert.All(listed, report => UploadPolicy.UntilDue(WaitingReport.Of(report), now, now));
                Assert.Equal(1, told.Count + listed.Count(report => report.Id == broken.Id));
                Assert.Equal(1, listed.Count(report => report.Id == other.Id));
                Assert.Equal(1, listed.Count(report => report.Id == done.Id));
                _database.Sweep(told.Add);

                // Nothing is lost and nothing is changed, wherever it is now.
                Assert.Equal(files.Where(file => file.Key != path).Select(file => Sum(file.Value)).Append(Sum(flipped)).Order(), _database.AllFiles().Select(name => Sum(Read(name))).Order());
                Assert.All(files.Where(file => !file.Key.Contains(broken.Id, StringComparison.Ordinal)), file => Assert.Equal(file.Value, Read(file.Key)));
                bool isKept = File.Exists(_database.PathOf("quarantine", $"pending-{broken.Id}.json"));
                Assert.True(isKept || _database.Database.Find(broken.Id) is not null || told.Count > 0, $"byte {position}, bit {bit}: nothing is said");
                Assert.True(!isKept || told.Count > 0, $"byte {position}, bit {bit}: nothing is said of what is kept");
                (read, kept) = isKept ? (read, kept + 1) : (read + 1, kept);
                Restore(files);
            }
        }

        Assert.Equal(3, _database.Database.List(problem => Assert.Fail(problem)).Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{files[path].Length} bytes, {read + kept} flips: {read} read as they are, {kept} put in quarantine");
    }

    private void FlipSettings(Func<int, int[]> bits)
    {
        ReportRecord report = _database.File();
        Guid guid = _database.Database.Settings.ClientId;
        _database.Database.Settings.SetOperatorUploads(false);
        _database.Database.Settings.CountCrash(report.Id);
        Dictionary<string, byte[]> files = _database.AllFiles().ToDictionary(name => name, Read);
        byte[] whole = files["settings.json"];
        int guidAt = Encoding.UTF8.GetString(whole).IndexOf(guid.ToString(), StringComparison.Ordinal);
        int mended = 0, taken = 0, refused = 0;
        foreach (string[] names in (string[][])[["settings.json"], ["settings.json.bak"], ["settings.json", "settings.json.bak"]])
        {
            for (int position = 0; position < whole.Length; position++)
            {
                foreach (int bit in bits(position))
                {
                    byte[] flipped = [];
                    Array.ForEach(names, name => flipped = Flip(name, whole, position, bit));
                    DatabaseSettings settings = ReportDatabase.OpenExisting(_database.Root).Settings;
                    try
                    {
                        Guid read = settings.ClientId;
                        settings.SetPaused(true);
                        Assert.True(read == guid || (position >= guidAt && position < guidAt + 36), $"{names[0]}, byte {position}, bit {bit}: the guid is another one");
                        // Both are whole again, and the broken one is set aside as it was.
                        Assert.Equal(Read("settings.json"), Read("settings.json.bak"));
                        string[] aside = [.. _database.AllFiles().Where(name => name.Contains(".broken-", StringComparison.Ordinal))];
                        Assert.All(aside, name => Assert.Equal(flipped, Read(name)));
                        (mended, taken) = aside.Length > 0 ? (mended + 1, taken) : (mended, taken + 1);
                    }
                    catch (DatabaseException)
                    {
                        refused++;
                        Assert.Equal(2, names.Length);
                        Assert.All(names, name => Assert.Equal(flipped, Read(name)));
                    }

                    Assert.Single(_database.Database.List());
                    Restore(files);
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{whole.Length} bytes of the first, the second and both: {mended} mended from the other, {taken} taken as they are, {refused} refused and left");
    }

    private bool Swept(List<string> told)
    {
        _database.Sweep(told.Add);
        return told.Count > 0;
    }

    // With all members that a record may have of its upload.
    private ReportRecord FileBroken() => _database.File(url: "http://127.0.0.1:1/post", with: record => record with
    {
        DumpBytes = TestDatabase.Dump.Length,
        NextAttempt = record.Created.AddHours(1),
        LastAttempt = record.Created,
        LastError = "the server answered 500",
        Attempts = 3,
        SoftErrors = ["Stack 43: it is gone"],
        Exception = new ReportException("A.B", "it is so", "at C"),
        Delivery = record.Delivery with { Headers = new Dictionary<string, string> { ["X-Key"] = "ü" }, RateLimit = true },
    });

    private byte[] Flip(string name, byte[] whole, int position, int bit)
    {
        byte[] flipped = [.. whole];
        flipped[position] ^= (byte)(1 << bit);
        File.WriteAllBytes(Path.Combine(_database.Root, name), flipped);
        return flipped;
    }

    private void Restore(Dictionary<string, byte[]> files)
    {
        foreach (string name in _database.AllFiles())
        {
            if (!files.ContainsKey(name))
            {
                File.Delete(Path.Combine(_database.Root, name));
            }
        }

        foreach ((string name, byte[] bytes) in files)
        {
            string path = Path.Combine(_database.Root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path) || !Read(name).AsSpan().SequenceEqual(bytes))
            {
                File.WriteAllBytes(path, bytes);
            }
        }
    }

    private byte[] Read(string name)
    {
        using FileStream file = DurableFile.OpenStream(Path.Combine(_database.Root, name));
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static string Sum(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}
