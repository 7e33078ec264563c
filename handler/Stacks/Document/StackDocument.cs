using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Stacks.Document;

/// <summary>
/// What is known of a process's stacks and exceptions, native and managed: a stream of the minidump, <c>ID.managed.json</c> of the report, and what
/// <c>reports show</c> shows. Its shape is described in <c>handler/Stacks/README.md</c>.
/// </summary>
internal sealed record StackDocument
{
    /// <summary>Version of this shape: a higher one may lack what this one has.</summary>
    public const int CurrentVersion = 1;

    // Not init: where a document lacks them, source-generated JSON would give init members their type's default instead of ours.
    public int Version { get; set; } = CurrentVersion;

    /// <summary>The grouping key; null: nothing meaningful is known.</summary>
    public string? Signature { get; init; }

    /// <summary>Where the managed part comes from.</summary>
    public required StackSource Source { get; init; }

    /// <summary>Why there is no managed part, or only what the process said itself; null: there is, or the process is not a .NET one.</summary>
    public string? Problem { get; init; }

    /// <summary>The runtime; null: none was found.</summary>
    public StackRuntime? Runtime { get; init; }

    /// <summary>The exception that ended the process; null: none did, or it is not known.</summary>
    public StackException? Exception { get; init; }

    /// <summary>How long the walk took, in milliseconds.</summary>
    public double Milliseconds { get; init; }

    /// <summary>The threads, the crashed one first.</summary>
    public IReadOnlyList<StackThread> Threads { get; set; } = [];

    /// <summary>What could not be read or was cut.</summary>
    public IReadOnlyList<string> Problems { get; set; } = [];

    /// <summary>Members of a later version.</summary>
    [JsonExtensionData]
    public Dictionary<string, System.Text.Json.JsonElement>? Unknown { get; set; }
}
