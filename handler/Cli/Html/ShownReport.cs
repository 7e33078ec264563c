using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli.Html;

/// <summary>All there is of a report.</summary>
/// <param name="Record">Its record.</param>
/// <param name="DumpPath">Absolute path of its minidump; null: it has none.</param>
/// <param name="HeapDumpPath">Absolute path of its heap dump; null: it has none.</param>
/// <param name="Dump">Its minidump.</param>
/// <param name="Stacks">Its stacks.</param>
internal sealed record ShownReport(ReportRecord Record, string? DumpPath, string? HeapDumpPath, MinidumpFile Dump, StoredStacks Stacks);
