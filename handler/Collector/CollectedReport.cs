namespace CrashHandler.Handler.Collector;

/// <summary>A request that was accepted.</summary>
/// <param name="Id">What the collector calls it.</param>
/// <param name="Head">Request line and headers, byte for byte.</param>
/// <param name="Body">The body, byte for byte.</param>
/// <param name="Fields">The form's fields.</param>
/// <param name="DumpName">File name of the dump.</param>
/// <param name="Dump">The dump.</param>
/// <param name="Attachments">Further files, by their names.</param>
internal sealed record CollectedReport(
    string Id, byte[] Head, byte[] Body, IReadOnlyDictionary<string, string> Fields, string DumpName, ReadOnlyMemory<byte> Dump,
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Attachments)
{
    /// <summary>In one line.</summary>
    public string Summary
        => $"{Fields.GetValueOrDefault("process_type", "?")} of {Fields.GetValueOrDefault("_productName", "(no product)")}, {DumpName}, {Dump.Length} bytes, {Fields.Count} fields{(Attachments.Count > 0 ? $", {Attachments.Count} more files" : "")}";
}
