using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>Somebody removes files under the uploader, or the whole directory: what is gone stays gone, the others are sent, and of two handlers one sends.</summary>
public sealed class VanishingReportTests : IAsyncDisposable
{
    private readonly TestDatabase _database = new();
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<UploadQueue> _queues = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_queues.Select(queue => queue.Finished));
        _database.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Once it is chosen, and while it is sent, with each answer.</summary>
    [Theory]
    [InlineData("chosen", 200, ".dmp .json")]
    [InlineData("chosen", 200, ".dmp")]
    [InlineData("chosen", 200, ".json")]
    [InlineData("sent", 200, ".dmp .json")]
    [InlineData("sent", 200, ".dmp")]
    [InlineData("sent", 200, ".json")]
    [InlineData("sent", 500, ".dmp .json")]
    [InlineData("sent", 500, ".dmp")]
    [InlineData("sent", 500, ".json")]
    [InlineData("sent", 0, ".dmp .json")]
    public async Task WhatIsRemovedStaysGoneAndTheOthersAreSent(string when, int status, string extensions)
    {
        ReportRecord first = _database.File(minute: 3), second = _database.File(minute: 2), third = _database.File(minute: 1);
        ReportRecord gone = when == "chosen" ? second : first;
        async Task Remove(Stream stream, CancellationToken cancellation)
        {
            Array.ForEach(extensions.Split(' '), extension => File.Delete(_database.PathOf("pending", gone.Id + extension)));
            await (when == "chosen" ? ScriptedServer.Answer(200, "x") : status == 0 ? ScriptedServer.Drop : ScriptedServer.Answer(status))(stream, cancellation);
        }

        await using ScriptedServer server = new(Remove, ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "x"));
        UploadQueue queue = Start(_database.Database, server.Url);
        // As often as there is something due: the third answer may be nobody's.
        while (_database.Database.List().Any(report => report.Id != gone.Id && report.State != ReportState.Uploaded))
        {
            _time.Advance(await _time.NextWaitAsync(Cancellation));
        }

        queue.Wake();
        await queue.WhenSettledAsync(gone.Id).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal(new[] { first.Id, second.Id, third.Id }.Where(id => id != gone.Id).Order(), _database.Database.List(problem => Assert.Fail(problem)).Select(report => report.Id).Order());
        Assert.False(queue.Finished.IsCompleted);
        // What is left of it is nobody's, and kept.
        _database.Sweep();
        Assert.DoesNotContain(_database.Files(), name => name.Contains(gone.Id, StringComparison.Ordinal));
        Assert.Equal(extensions.Contains(' ', StringComparison.Ordinal) ? 0 : 1, _database.AllFiles().Count(name => name.StartsWith("quarantine/", StringComparison.Ordinal)));
    }

    /// <summary>It held the lock of a file that is no more: the other's is the one that counts now.</summary>
    [Fact]
    public async Task WithItsLockRemovedItUploadsOnlyWithTheNewOne()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        _database.File(minute: 1);
        UploadQueue queue = Start(_database.Database, server.Url);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(1, server.Unread);

        Directory.Delete(_database.Root, recursive: true);
        using (PendingReport report = _database.Begin())
        {
            report.Commit(TestDatabase.Record(report.Id, 2), dump => dump.Write(TestDatabase.Dump));
        }

        using (FileDescriptor? other = _database.Database.TryLockUploads())
        {
            Assert.NotNull(other);
            queue.Wake();
            Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
            Assert.Equal(1, server.Unread);
        }

        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        await server.NextAsync(Cancellation);
        await server.NextAsync(Cancellation);
    }

    /// <summary>Nothing but a crash makes it anew: whoever removed it is done with it.</summary>
    [Fact]
    public async Task WithoutItsDirectoryItGoesOnAndMakesNone()
    {
        UploadQueue queue = Start(_database.Database, new Uri("http://127.0.0.1:1/"));
        await _time.NextWaitAsync(Cancellation);
        Directory.Delete(_database.Root, recursive: true);

        queue.Wake();

        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));
        Assert.Contains(_database.Root, queue.Status.LastError, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_database.Root));
        ReportRecord report = _database.File();
        _time.Advance(UploadLimits.DiskRetry);
        await _time.NextWaitAsync(Cancellation);
        Assert.Equal(1, _database.Only(report.Id).Unanswered);
    }

    private UploadQueue Start(ReportDatabase database, Uri url)
    {
        UploadQueue queue = new(database, url, _time, new Lazy<ILogger>(Log.Logger));
        _queues.Add(queue);
        queue.Start(_stopping.Token);
        return queue;
    }
}
