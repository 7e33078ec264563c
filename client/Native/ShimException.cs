namespace CrashHandler.Native;

/// <summary>A function of the shim failed.</summary>
/// <param name="function">Its name.</param>
/// <param name="errno">What it answered.</param>
/// <param name="message">What failed and what to do.</param>
internal sealed class ShimException(string function, int errno, string message)
    : Exception($"{function}: {(message.Length > 0 ? message : $"errno {errno}")}")
{
    /// <summary>ETIMEDOUT: the handler lives and does not answer.</summary>
    public const int TimedOut = 110;

    /// <summary>EBUSY: this process is being reported.</summary>
    public const int Busy = 16;

    /// <summary>ECANCELED: another connection took this one's place.</summary>
    public const int Canceled = 125;

    /// <summary>The errno.</summary>
    public int Errno { get; } = errno;
}
