namespace CrashHandler.Tests.Tools;

/// <summary>What a tool said.</summary>
public sealed record ToolResult(string Output, string Error, int ExitCode);
