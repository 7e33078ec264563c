using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>
/// Standard output cannot be written. No <see cref="IOException"/>: whoever catches one of those means a file of its own.
/// </summary>
/// <param name="cause">What write(2) or close(2) answered.</param>
internal sealed class OutputException(SyscallException cause) : Exception($"cannot write standard output: {cause.Reason}", cause)
{
    /// <summary>Nobody reads it any more, as after <c>| head -1</c>.</summary>
    public bool IsClosedPipe { get; } = cause.Errno == Libc.EPIPE;
}
