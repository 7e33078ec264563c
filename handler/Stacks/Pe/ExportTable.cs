using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>The exported functions of a loaded image, ordered by address. Names are read when they are asked for; all addresses are distances from the image's beginning.</summary>
internal sealed class ExportTable
{
    private readonly CachedMemory _memory;
    private readonly ulong _image;
    private readonly uint[] _addresses;
    private readonly uint[] _names;

    private ExportTable(CachedMemory memory, ulong image, uint[] addresses, uint[] names)
    {
        _memory = memory;
        _image = image;
        _addresses = addresses;
        _names = names;
    }

    /// <summary>Reads the table; null: the image exports nothing.</summary>
    /// <exception cref="InvalidDataException">It is broken.</exception>
    public static ExportTable? Read(CachedMemory memory, ulong image, LoadedPe headers)
    {
        if (headers.Find(ImageOptionalHeader64.Export) is not { } place)
        {
            return null;
        }

        ImageExportDirectory directory = memory.Read<ImageExportDirectory>(image + place.VirtualAddress);
        uint[] functions = ReadAll<uint>(memory, image + directory.AddressOfFunctions, directory.NumberOfFunctions);
        uint[] names = ReadAll<uint>(memory, image + directory.AddressOfNames, directory.NumberOfNames);
        ushort[] ordinals = ReadAll<ushort>(memory, image + directory.AddressOfNameOrdinals, directory.NumberOfNames);
        List<(uint Address, uint Name)> found = [];
        for (int i = 0; i < Math.Min(names.Length, ordinals.Length); i++)
        {
            // What is forwarded to another image has the other's name at its address, in the directory itself.
            if (ordinals[i] < functions.Length && functions[ordinals[i]] is var address && !place.Contains(address) && headers.IsExecutable(address))
            {
                found.Add((address, names[i]));
            }
        }

        // Of several names for one address the first is taken, as the loader does.
        (uint Address, uint Name)[] sorted = [.. found.DistinctBy(export => export.Address).OrderBy(export => export.Address)];
        return new ExportTable(memory, image, Array.ConvertAll(sorted, export => export.Address), Array.ConvertAll(sorted, export => export.Name));
    }

    /// <summary>The nearest function at or before an address, and where it begins; null: none is between <paramref name="first"/> and there.</summary>
    public (string Name, uint Address)? Find(uint address, uint first)
    {
        int index = Array.BinarySearch(_addresses, address);
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && _addresses[index] >= first && Name(_names[index]) is { } name ? (name, _addresses[index]) : null;
    }

    private string? Name(uint address)
    {
        Span<byte> bytes = stackalloc byte[StacksLimits.SymbolNameBytes];
        bytes = bytes[.._memory.Read(_image + address, bytes)];
        int end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);
    }

    private static T[] ReadAll<T>(CachedMemory memory, ulong address, uint count)
        where T : unmanaged
    {
        T[] values = new T[Math.Min(count, StacksLimits.Exports)];
        return values[..(memory.Read(address, MemoryMarshal.AsBytes(values.AsSpan())) / Unsafe.SizeOf<T>())];
    }
}
