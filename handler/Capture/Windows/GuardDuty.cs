using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// The guard's own process: what a handler has suspended stays so after its end, and while it is stopped. It waits for the process to be let go, and does it itself when the handler ends before, or takes too
/// long. It reads nothing of it, and writes nothing.
/// </summary>
internal static unsafe class GuardDuty
{
    /// <summary>Until the process is let go, or has ended.</summary>
    /// <exception cref="SyscallException">A handle is none.</exception>
    public static void Stand(GuardHandles handles)
    {
        using FileDescriptor victim = new(handles.Victim), handler = new(handles.Handler), standing = new(handles.Standing), done = new(handles.Done);
        using SuspensionCount suspensions = new(new FileDescriptor(handles.Suspensions));
        if (PipeCalls.SetEvent(standing.Number) == 0)
        {
            throw PipeCalls.LastFailure("SetEvent");
        }

        // The first of those that are signalled counts.
        nint* ends = stackalloc nint[] { done.Number, victim.Number, handler.Number };
        _ = PipeCalls.WaitForMultipleObjects(3, ends, 0, (uint)WindowsDumpLimits.Holding.TotalMilliseconds);
        // Of one that was let go there are no more, of one that is gone it is nothing, and a wait that failed must not hold anybody.
        suspensions.ResumeAll(victim);
    }
}
