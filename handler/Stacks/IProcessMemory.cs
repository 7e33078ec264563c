namespace CrashHandler.Handler.Stacks;

/// <summary>A process's memory, as it stands still.</summary>
internal interface IProcessMemory
{
    /// <summary>Reads bytes.</summary>
    /// <returns>How many are there, from <paramref name="address"/> on: fewer than asked for where a page is missing.</returns>
    int Read(ulong address, Span<byte> into);
}
