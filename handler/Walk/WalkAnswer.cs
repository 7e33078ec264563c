namespace CrashHandler.Handler.Walk;

/// <summary>A document, the walk's own or the one that stands for it.</summary>
/// <param name="document">Its bytes; whoever looks at them after <see cref="Dispose"/> gets an <see cref="ObjectDisposedException"/>.</param>
/// <param name="summary">What it says.</param>
/// <param name="memory">Where the bytes lie; null: on the collector's heap.</param>
internal sealed class WalkAnswer(ReadOnlyMemory<byte> document, StackSummary summary, IDisposable? memory) : IDisposable
{
    public ReadOnlyMemory<byte> Document { get; } = document;

    public StackSummary Summary { get; } = summary;

    public void Dispose() => memory?.Dispose();
}
