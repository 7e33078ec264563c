namespace CrashHandler.Handler.Capture.Linux;

/// <summary>A stack, or what of it is taken: from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal readonly record struct StackRange(ulong Start, ulong End)
{
    public ulong Length => End - Start;
}
