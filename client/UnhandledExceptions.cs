using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// Writes the exception that ends this process into its registration, before the runtime aborts: every report of the process has it then, also
/// where no managed stack can be read from outside. <c>Environment.FailFast</c> and faults in native code raise no such event. On Windows, where the
/// runtime raises no signal that the shim could see, it has the report made too.
/// </summary>
internal sealed class UnhandledExceptions(OwnRegistration registration)
{
    // Of an SEH exception that the runtime raises for a managed one: "CCR" behind 0xE0.
    private const uint ManagedException = 0xE0434352;

    private int _isRecorded;

    // Given back when the last exception comes: it may be that the heap is full, and saying so needs some. In pieces, because a large object's room is for
    // large objects only.
    private byte[][]? _reserve = MakeReserve();

    /// <summary>Begins to listen; for as long as the process lives.</summary>
    public void Listen() => AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;

    private static byte[][] MakeReserve()
    {
        byte[][] pieces = new byte[ClientLimits.ReservePieces][];
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new byte[ClientLimits.ReservePieceBytes];
        }

        return pieces;
    }

    private void OnUnhandledException(object sender, UnhandledExceptionEventArgs unhandled)
    {
        // The first one is the cause; a second comes from another dying thread, or from another listener of this event.
        if (Interlocked.Exchange(ref _isRecorded, 1) != 0)
        {
            return;
        }

        _reserve = null;
        try
        {
            registration.TryRecord(ExceptionDescription.Of(unhandled.ExceptionObject));
        }
        catch (Exception)
        {
            // Out of memory, most likely. The process dies of something else, and an exception from here would hide what: the report
            // is made without its text.
        }

        Report();
    }

    private void Report()
    {
        if (!OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            // The copy that has the block hears of the exception after this one, and is still to write it down.
            if (registration.IsTakenOver)
            {
                return;
            }

            Shim.Report(ManagedException, NoticeFlags.Unhandled);
        }
        catch (ShimException)
        {
            // As above: it dies of something else.
        }
    }
}
