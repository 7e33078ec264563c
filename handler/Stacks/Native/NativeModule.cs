namespace CrashHandler.Handler.Stacks.Native;

/// <summary>A module's unwind table and functions, read when first asked for. Whatever is broken is told once and is not there.</summary>
internal abstract class NativeModule(WalkModule module, Action<string> tell) : IDisposable
{
    private bool _hasTold;

    public WalkModule Module => module;

    /// <summary>It is machine code, not an assembly that the .NET runtime loaded.</summary>
    public abstract bool IsNative { get; }

    /// <summary>The module of an image.</summary>
    /// <param name="module">Which.</param>
    /// <param name="memory">The process's.</param>
    /// <param name="open">Opens its file, seekable; null: there is none.</param>
    /// <param name="tell">Takes what is broken.</param>
    public static NativeModule Of(WalkModule module, CachedMemory memory, Func<WalkModule, Stream?> open, Action<string> tell)
        => module.IsElf ? new ElfModule(module, memory, open, tell) : new PeModule(module, memory, tell);

    /// <summary>Whether code is at an address of the module, where no map tells.</summary>
    public abstract bool IsExecutable(ulong address);

    /// <summary>How to unwind at an address; null: no table tells.</summary>
    /// <param name="address">In the process.</param>
    /// <param name="isReturnAddress">A call is there.</param>
    public abstract IUnwindRow? FindRow(ulong address, bool isReturnAddress);

    /// <summary>The function at an address, and where it begins in memory; null: no symbol tells.</summary>
    /// <param name="address">In the process.</param>
    /// <param name="row">How to unwind there; null: no table tells.</param>
    public abstract (string Name, ulong Address)? FindFunction(ulong address, IUnwindRow? row);

    public abstract void Dispose();

    /// <summary>Does what may meet with something broken.</summary>
    protected T? Try<T>(Func<T?> function)
    {
        try
        {
            return function();
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (!_hasTold)
            {
                _hasTold = true;
                tell($"{module.Path}: {error.Message}");
            }

            return default;
        }
    }
}
