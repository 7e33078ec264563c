using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>Somebody removes files under the uploader, or the whole directory: what is gone stays gone, the others are sent, and of two handlers one sends.</summary>
public sealed class VanishingReportTests : QueueFixture
{
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
        ReportRecord first = Reports.File(minute: 3), second = Reports.File(minute: 2), third = Reports.File(minute: 1);
        ReportRecord gone = when == "chosen" ? second : first;
        async Task Remove(Stream stream, CancellationToken cancellation)
        {
            Array.ForEach(extensions.Split(' '), extension => File.Delete(Reports.PathOf("pending", gone.Id + extension)));
            await (when == "chosen" ? ScriptedServer.Answer(200, "x") : status == 0 ? ScriptedServer.Drop : ScriptedServer.Answer(status))(stream, cancellation);
        }

        await using ScriptedServer server = new(Remove, ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "x"));
        UploadQueue queue = Start(server.Url);
        // As often as there is something due: the third answer may be nobody's.
        while (Reports.Database.List().Any(report => report.Id != gone.Id && report.State != ReportState.Uploaded))
        {
            Time.Advance(await Time.NextWaitAsync(Cancellation));
        }

        queue.Wake();
        await queue.WhenSettledAsync(gone.Id).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal(new[] { first.Id, second.Id, third.Id }.Where(id => id != gone.Id).Order(), Reports.Database.List(problem => Assert.Fail(problem)).Select(report => report.Id).Order());
        Assert.False(queue.Finished.IsCompleted);
        // What is left of it is nobody's, and kept.
        Reports.Sweep();
        Assert.DoesNotContain(Reports.Files(), name => name.Contains(gone.Id, StringComparison.Ordinal));
        Assert.Equal(extensions.Contains(' ', StringComparison.Ordinal) ? 0 : 1, Reports.AllFiles().Count(name => name.StartsWith("quarantine/", StringComparison.Ordinal)));
    }

    /// <summary>It held the lock of a file that is no more: the other's is the one that counts now.</summary>
    [Fact]
    public async Task WithItsLockRemovedItUploadsOnlyWithTheNewOne()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        Reports.File(minute: 1);
        UploadQueue queue = Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(1, server.Unread);

        Directory.Delete(Reports.Root, recursive: true);
        using (PendingReport report = Reports.Begin())
        {
            report.Commit(TestDatabase.Record(report.Id, 2), dump => dump.Write(TestDatabase.Dump));
        }

        using (FileDescriptor? other = Reports.Database.TryLockUploads())
        {
            Assert.NotNull(other);
            queue.Wake();
            Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
            Assert.Equal(1, server.Unread);
        }

        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        await server.NextAsync(Cancellation);
        await server.NextAsync(Cancellation);
    }

    /// <summary>Nothing but a crash makes it anew: whoever removed it is done with it.</summary>
    [Fact]
    public async Task WithoutItsDirectoryItGoesOnAndMakesNone()
    {
        UploadQueue queue = Start(new Uri("http://127.0.0.1:1/"));
        await Time.NextWaitAsync(Cancellation);
        Directory.Delete(Reports.Root, recursive: true);

        queue.Wake();

        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));
        Assert.Contains(Reports.Root, queue.Status.LastError, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Reports.Root));
        ReportRecord report = Reports.File();
        Time.Advance(UploadLimits.DiskRetry);
        await Time.NextWaitAsync(Cancellation);
        Assert.Equal(1, Reports.Only(report.Id).Unanswered);
    }
}
