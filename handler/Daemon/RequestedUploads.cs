using System.Diagnostics;
using System.Runtime.CompilerServices;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Waits for uploads that were asked for. Whichever handler has the upload lock carries them out; where none has it, this process does, for as long
/// as it waits.
/// </summary>
internal static class RequestedUploads
{
    /// <summary>Each report, once its first attempt is over: uploaded, given up, or waiting for the next attempt.</summary>
    public static async IAsyncEnumerable<ReportRecord> WaitAsync(
        ReportDatabase database, IReadOnlyList<ReportRecord> requested, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        UploadQueue queue = new(database, fallbackUrl: null, TimeProvider.System, new Lazy<ILogger>(Log.Logger), isOnRequest: true);
        queue.Start(ending.Token);
        try
        {
            foreach (ReportRecord before in requested)
            {
                yield return await WaitAsync(database, queue, before, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await queue.Finished.ConfigureAwait(false);
        }
    }

    private static async Task<ReportRecord> WaitAsync(ReportDatabase database, UploadQueue queue, ReportRecord before, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        DateTime lastMoved = default;
        while (Stopwatch.GetElapsedTime(began) < DaemonLimits.RequestPatience)
        {
            // In this order: a request goes after its report was put back in the queue.
            bool isRequested = database.IsRequested(before.Id);
            ReportRecord now = database.Find(before.Id) ?? throw new DatabaseException($"report {before.Id} was removed meanwhile");
            if (now.LastAttempt != before.LastAttempt || (now.State != ReportState.Pending && !isRequested))
            {
                return now;
            }

            if (queue.WhyNotSent(before.Id) is { } reason)
            {
                throw new DaemonException($"report {before.Id} is asked for, but cannot be sent now: {reason}");
            }

            // The queue's order is its own: as long as it gets on with the others, this one's turn comes.
            DateTime moved = database.LastMove;
            if (moved != lastMoved)
            {
                (lastMoved, began) = (moved, Stopwatch.GetTimestamp());
            }

            await Task.Delay(DaemonLimits.RequestLook, cancellation).ConfigureAwait(false);
        }

        throw new DaemonException($"report {before.Id} is asked for, but nothing was tried for {DaemonLimits.RequestPatience.TotalSeconds} s; the handler that holds "
            + $"'{database.Path}/uploads.lock' may be stopped: continue it, or end it");
    }
}
