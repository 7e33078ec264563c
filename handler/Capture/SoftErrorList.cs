namespace CrashHandler.Handler.Capture;

/// <summary>Collects soft errors, at most <see cref="CaptureLimits.MaxSoftErrors"/>; the last one counts what had no room.</summary>
internal sealed class SoftErrorList
{
    private readonly List<SoftError> _errors = [];
    private int _dropped;

    public void Add(CaptureStep step, string subject, string reason)
    {
        if (_errors.Count < CaptureLimits.MaxSoftErrors - 1)
        {
            _errors.Add(new SoftError(step.ToString(), subject, reason));
        }
        else
        {
            _dropped++;
        }
    }

    /// <summary>
    /// Runs one optional step. Any exception is caught, bugs in a parser included: it may cost the report this step, never the dump.
    /// </summary>
    public void Try(CaptureStep step, string subject, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Add(step, subject, exception is Posix.SyscallException or IOException or InvalidDataException
                ? exception.Message
                : $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    public SoftError[] ToArray() => _dropped == 0
        ? [.. _errors]
        : [.. _errors, new SoftError("SoftErrors", "this list", $"{_dropped} more had no room (limit {CaptureLimits.MaxSoftErrors})")];
}
