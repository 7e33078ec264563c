using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>A database, a clock, and the queues that send from the one by the other: stopped and removed with the test.</summary>
public abstract class QueueFixture : IAsyncDisposable
{
    private readonly List<UploadQueue> _queues = [];
    private CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected TestDatabase Reports { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    /// <summary>The one that was started last.</summary>
    private protected UploadQueue Queue => _queues[^1];

    /// <summary>Cancelled when the queues are to end.</summary>
    private protected CancellationToken Stopping => _stopping.Token;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Reports.Dispose();
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <param name="url">Where to, unless a report says.</param>
    /// <param name="limits">Of what is kept; null: all is.</param>
    /// <param name="database">Null: <see cref="Reports"/>.</param>
    private protected UploadQueue Start(Uri? url, RetentionLimits? limits = null, ReportDatabase? database = null)
    {
        database ??= Reports.Database;
        UploadQueue queue = new(database, url, Time, new Lazy<ILogger>(Log.Logger), retention: limits is null ? null : new Retention(database, limits, Time, _ => { }));
        _queues.Add(queue);
        queue.Start(Stopping);
        return queue;
    }

    /// <summary>Ends all that were started; another one may be then.</summary>
    private protected async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_queues.Select(queue => queue.Finished));
        _stopping.Dispose();
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
    }
}
