using CrashHandler.Handler.Stacks.Elf;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>
/// An ELF image: its unwind table and its dynamic symbols from memory; <c>.symtab</c>, which is never loaded, from the file if it is the one that was loaded.
/// </summary>
internal sealed class ElfModule(WalkModule module, CachedMemory memory, Func<WalkModule, Stream?> open, Action<string> tell) : NativeModule(module, tell)
{
    private Stream? _stream;
    private ElfFile? _file;
    private LoadedElf? _image;
    private UnwindTable? _unwind;
    private SymbolTable? _fileSymbols;
    private SymbolTable? _dynamicSymbols;
    private bool _hasLooked;
    private bool _hasLookedForSymbols;

    public override bool IsNative => true;

    public override bool IsExecutable(ulong address) => true;

    public override IUnwindRow? FindRow(ulong address, bool isReturnAddress)
    {
        Look();
        return Try(() => _unwind?.Find(address));
    }

    public override (string Name, ulong Address)? FindFunction(ulong address, IUnwindRow? row)
    {
        Look();
        LookForSymbols();
        if (_image is not { } image)
        {
            return null;
        }

        // The C library lets the entry of its signal trampoline begin a byte early, because a signal handler returns to the trampoline's first byte.
        ulong named = row is { IsSignalFrame: true } && row.FunctionStart == address ? address + 1 : address;
        ulong virtualAddress = unchecked(named - image.Bias);
        ulong? virtualStart = row is null ? null : unchecked(row.FunctionStart - image.Bias);
        return (Try(() => _fileSymbols?.Find(virtualAddress, virtualStart)) ?? Try(() => _dynamicSymbols?.Find(virtualAddress, virtualStart))) is { } function
            ? (function.Name, unchecked(function.Address + image.Bias))
            : null;
    }

    public override void Dispose() => _stream?.Dispose();

    private void Look()
    {
        if (!_hasLooked)
        {
            _hasLooked = true;
            _image = Try(() => LoadedElf.Read(memory, Module));
            _unwind = Try(() => _image is null ? null : ReadUnwindTable(_image));
        }
    }

    private void LookForSymbols()
    {
        if (!_hasLookedForSymbols)
        {
            _hasLookedForSymbols = true;
            _fileSymbols = Try(() => _image is not null && OpenFile() is { } file ? file.ReadSymbols() : null);
            _dynamicSymbols = Try(() => _image?.ReadSymbols());
        }
    }

    private UnwindTable? ReadUnwindTable(LoadedElf image)
    {
        if (image.UnwindHeader is { } header)
        {
            return UnwindTable.OfHeader(memory, header.Address, header.Length, Module.End);
        }

        // A static program may have been linked without an index; only its sections tell where its table is.
        return OpenFile() is { } file && file.Find(".eh_frame") is { } section
            ? UnwindTable.OfFrames(memory, unchecked(section.Address + image.Bias), unchecked(section.Address + image.Bias + section.Length))
            : null;
    }

    private ElfFile? OpenFile()
    {
        if (_stream is null && (_stream = open(Module)) is { } stream)
        {
            ElfFile file = ElfFile.Read(stream);
            _file = file.IsOf(Module.BuildId, _image!.FirstPage) ? file : throw new InvalidDataException("its file is another one by now");
        }

        return _file;
    }
}
