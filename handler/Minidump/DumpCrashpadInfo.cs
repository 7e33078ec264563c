namespace CrashHandler.Handler.Minidump;

/// <summary>Crashpad's own stream.</summary>
internal sealed record DumpCrashpadInfo
{
    public required Guid ReportId { get; init; }
    public required Guid ClientId { get; init; }

    /// <summary>The process's annotations, in the file's order; of equal keys the first one.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Annotations of single modules.</summary>
    public IReadOnlyList<DumpModuleAnnotations> Modules { get; init; } = [];
}
