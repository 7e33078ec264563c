using System.Text.Json;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Managed;

/// <summary>What came of a victim.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Report">What <c>reports list --json</c> says.</param>
/// <param name="Document">Its stacks: <c>ID.managed.json</c>.</param>
/// <param name="Depth">How deep it counted its recursion; 0: it had none.</param>
/// <param name="Died">How long its death took, from the word to its end.</param>
internal sealed record StackVictimReport(ProcessResult End, JsonElement Report, StackDocument Document, int Depth, TimeSpan Died)
{
    /// <summary>The report's record, as it is filed.</summary>
    public JsonElement Record => JsonElement.Parse(File.ReadAllBytes(Path.ChangeExtension(Dump, ".json")));

    /// <summary>Path of its minidump.</summary>
    public string Dump => Report.GetProperty("dump").GetString()!;
}
