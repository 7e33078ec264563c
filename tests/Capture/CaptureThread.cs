using System.Runtime.ExceptionServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>Runs a capture as the handler does: on one OS thread of its own.</summary>
internal static class CaptureThread
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static T Run<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? thrown = null;
        Thread thread = new(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception exception)
            {
                thrown = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(s_limit), "the capture hangs");
        thrown?.Throw();
        return result;
    }

    /// <summary>Freezes, takes a snapshot, lets go.</summary>
    /// <param name="whileFrozen">Called between the freeze and the snapshot.</param>
    public static ProcessSnapshot Capture(VictimProcess victim, CaptureFailSpots? failSpots = null, Action<FrozenProcess>? whileFrozen = null)
        => Capture(victim.Request, failSpots, whileFrozen);

    public static ProcessSnapshot Capture(CaptureRequest request, CaptureFailSpots? failSpots = null, Action<FrozenProcess>? whileFrozen = null)
        => Run(() =>
        {
            FrozenProcess frozen = FrozenProcess.Freeze(request, failSpots);
            using (frozen)
            {
                whileFrozen?.Invoke(frozen);
                ProcessSnapshot snapshot = frozen.TakeSnapshot();
                frozen.Dispose();
                Assert.False(frozen.TracerThreadMustEnd, "a thread could not be let go");
                return snapshot;
            }
        });
}
