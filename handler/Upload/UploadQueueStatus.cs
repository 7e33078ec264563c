namespace CrashHandler.Handler.Upload;

/// <summary>What the queue is at.</summary>
/// <param name="Current">Id of the report that is being sent; null: none.</param>
/// <param name="LastError">The last failure in words; null: none since the start.</param>
internal sealed record UploadQueueStatus(string? Current, string? LastError);
