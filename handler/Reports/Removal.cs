namespace CrashHandler.Handler.Reports;

/// <summary>Something that goes.</summary>
/// <param name="Item">What.</param>
/// <param name="Reason">The limit that it is over.</param>
/// <param name="IsHeapDumpOnly">The report itself stays.</param>
internal sealed record Removal(StoredItem Item, RemovalReason Reason, bool IsHeapDumpOnly)
{
    /// <summary>The room that comes back.</summary>
    public long Bytes => IsHeapDumpOnly ? Item.HeapDumpBytes : Item.Bytes + Item.HeapDumpBytes;
}
