namespace CrashHandler.Tests.EndToEnd;

/// <summary>How a process ended.</summary>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="ExitCode">Its exit code, or 128 and the signal's number.</param>
/// <param name="Pid">Its process id.</param>
public sealed record ProcessResult(string Output, string Error, int ExitCode, int Pid);
