using CrashHandler.Handler.Stacks.Elf;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>
/// A module's unwind table and functions, read when first asked for. The unwind table and the dynamic symbols come from memory; <c>.symtab</c>, which is never loaded, from the file if it is the
/// one that was loaded. Whatever is broken is told once and is not there.
/// </summary>
internal sealed class NativeModule(WalkModule module, CachedMemory memory, Func<WalkModule, Stream?> open, Action<string> tell) : IDisposable
{
    private Stream? _stream;
    private ElfFile? _file;
    private LoadedElf? _image;
    private UnwindTable? _unwind;
    private SymbolTable? _fileSymbols;
    private SymbolTable? _dynamicSymbols;
    private bool _hasLooked;
    private bool _hasLookedForSymbols;
    private bool _hasTold;

    public WalkModule Module => module;

    /// <summary>How to unwind at an address; null: no table tells.</summary>
    public UnwindRow? FindRow(ulong address)
    {
        Look();
        return Try(() => _unwind?.Find(address));
    }

    /// <summary>The function at an address, and where it begins in memory; null: no symbol tells.</summary>
    /// <param name="address">In the process.</param>
    /// <param name="start">Where the unwind table says that a function begins; null: it does not.</param>
    public (string Name, ulong Address)? FindFunction(ulong address, ulong? start)
    {
        Look();
        LookForSymbols();
        if (_image is not { } image)
        {
            return null;
        }

        ulong virtualAddress = unchecked(address - image.Bias);
        ulong? virtualStart = start is { } known ? unchecked(known - image.Bias) : null;
        return (Try(() => _fileSymbols?.Find(virtualAddress, virtualStart)) ?? Try(() => _dynamicSymbols?.Find(virtualAddress, virtualStart))) is { } function
            ? (function.Name, unchecked(function.Address + image.Bias))
            : null;
    }

    public void Dispose() => _stream?.Dispose();

    private void Look()
    {
        if (!_hasLooked)
        {
            _hasLooked = true;
            _image = Try(() => module.IsElf ? LoadedElf.Read(memory, module) : null);
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
            return UnwindTable.OfHeader(memory, header.Address, header.Length, module.End);
        }

        // A static program may have been linked without an index; only its sections tell where its table is.
        return OpenFile() is { } file && file.Find(".eh_frame") is { } section
            ? UnwindTable.OfFrames(memory, unchecked(section.Address + image.Bias), unchecked(section.Address + image.Bias + section.Length))
            : null;
    }

    private ElfFile? OpenFile()
    {
        if (_stream is null && (_stream = open(module)) is { } stream)
        {
            ElfFile file = ElfFile.Read(stream);
            _file = file.IsOf(module.BuildId, _image!.FirstPage) ? file : throw new InvalidDataException("its file is another one by now");
        }

        return _file;
    }

    private T? Try<T>(Func<T?> function)
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
