using CrashHandler.Handler.Stacks.Pe;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>A PE image: its exception directory and its exports, both from memory. An assembly that is not precompiled for Windows has neither.</summary>
internal sealed class PeModule(WalkModule module, CachedMemory memory, Action<string> tell) : NativeModule(module, tell)
{
    private LoadedPe? _image;
    private FunctionTable? _functions;
    private PeUnwind? _unwind;
    private ExportTable? _exports;
    private bool _hasLooked;
    private bool _hasLookedForExports;

    public override bool IsNative => Image is { IsManaged: false };

    private LoadedPe? Image
    {
        get
        {
            if (!_hasLooked)
            {
                _hasLooked = true;
                _image = Try(() => LoadedPe.Read(memory, Module));
                if (_image?.Find(ImageOptionalHeader64.Exception) is { } directory)
                {
                    _functions = new FunctionTable(memory, Module.Address, directory);
                    _unwind = new PeUnwind(memory, Module.Address, _image, _functions);
                }
            }

            return _image;
        }
    }

    public override bool IsExecutable(ulong address) => Image is not { } image || image.IsExecutable(Offset(address));

    public override IUnwindRow? FindRow(ulong address, bool isReturnAddress)
        => Image is null ? null : Try(() => _unwind?.Find(Offset(address), isReturnAddress));

    public override (string Name, ulong Address)? FindFunction(ulong address, IUnwindRow? row)
    {
        if (Image is not { IsManaged: false } image)
        {
            return null;
        }

        if (!_hasLookedForExports)
        {
            _hasLookedForExports = true;
            _exports = Try(() => ExportTable.Read(memory, Module.Address, image));
        }

        return Try(() => Find(Offset(address))) is { } function ? (function.Name, Module.Address + function.Address) : null;
    }

    public override void Dispose()
    {
    }

    /// <summary>An export has the name of all that follows it in its function; of what is in no function, only as far as the last function before it ends.</summary>
    private (string Name, uint Address)? Find(uint address)
    {
        if (_functions?.Find(address) is { } function)
        {
            RuntimeFunction primary = _functions.Primary(function);
            return _exports?.Find(primary == function ? address : primary.BeginAddress, primary.BeginAddress);
        }

        uint first = Math.Max(_functions?.EndBefore(address) ?? 0, (uint)Math.Max(0, (long)address - (long)StacksLimits.UnsizedFunctionBytes));
        return _exports?.Find(address, first);
    }

    private uint Offset(ulong address) => (uint)(address - Module.Address);
}
