using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Cli;

/// <summary>The stacks of a report, as they are stored beside its dump.</summary>
/// <param name="Json">The document as it stands in the file; null: there is none, or it cannot be read.</param>
/// <param name="Document">What this program knows of it; null likewise.</param>
/// <param name="Problem">Why it cannot be read; null: it can, or there is none.</param>
internal sealed record StoredStacks(byte[]? Json, StackDocument? Document, string? Problem)
{
    /// <summary>Reads the stacks of a report.</summary>
    /// <param name="path">Absolute path of their file; null: it has none.</param>
    public static StoredStacks Read(string? path)
    {
        try
        {
            return path is null || DurableFile.Read(path, StacksLimits.DocumentBytes) is not { } json ? new StoredStacks(null, null, null)
                : new StoredStacks(json, StackDocumentJson.Decode(json), null);
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or SyscallException)
        {
            return new StoredStacks(null, null, $"'{path}' cannot be read: {broken.Message}");
        }
    }
}
