namespace CrashHandler.Handler.Capture;

/// <summary>Something that could not be read, or was cut, and cost the report only itself.</summary>
/// <param name="Step">The step of the capture, such as <c>ThreadRegisters</c>.</param>
/// <param name="Subject">What it was about, such as <c>tid 71</c>.</param>
/// <param name="Reason">Why: syscall and errno, or the limit.</param>
internal sealed record SoftError(string Step, string Subject, string Reason);
