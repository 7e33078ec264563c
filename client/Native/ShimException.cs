namespace CrashHandler.Native;

/// <summary>A function of the shim failed.</summary>
/// <param name="function">Its name.</param>
/// <param name="errno">What it answered.</param>
/// <param name="message">What failed and what to do.</param>
internal sealed class ShimException(string function, int errno, string message)
    : Exception($"{function}: {(message.Length > 0 ? message : $"errno {errno}")}")
{
    /// <summary>The errno.</summary>
    public int Errno { get; } = errno;
}
