namespace CrashHandler.Handler.Reports;

/// <summary>The .NET exception that ended a process, as the process itself told it before its end.</summary>
/// <param name="Type">Full name of its type.</param>
/// <param name="Message">Its message.</param>
/// <param name="Text">All of it, with inner exceptions and stacks.</param>
internal sealed record ReportException(string Type, string Message, string Text);
