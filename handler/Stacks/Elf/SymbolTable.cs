using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary>The functions among an image's symbols, ordered by address. Names are read when they are asked for.</summary>
internal sealed class SymbolTable
{
    private const int SymbolsAtOnce = 1_024;
    private readonly CachedMemory _memory;
    private readonly ulong _names;
    private readonly ulong _namesLength;
    private readonly Function[] _functions;

    private SymbolTable(CachedMemory memory, ulong names, ulong namesLength, Function[] functions)
    {
        _memory = memory;
        _names = names;
        _namesLength = namesLength;
        _functions = functions;
    }

    /// <summary>Reads the symbols; what cannot be read of them is not there.</summary>
    /// <param name="memory">Where they are: a file, or a process.</param>
    /// <param name="symbols">Address of the table.</param>
    /// <param name="count">Number of symbols, at most <see cref="StacksLimits.Symbols"/>.</param>
    /// <param name="names">Address of their names.</param>
    /// <param name="namesLength">Bytes of their names.</param>
    public static SymbolTable Read(CachedMemory memory, ulong symbols, int count, ulong names, ulong namesLength)
    {
        List<Function> functions = [];
        Elf64Symbol[] chunk = new Elf64Symbol[Math.Min(count, SymbolsAtOnce)];
        for (int first = 0; first < count; first += chunk.Length)
        {
            Span<Elf64Symbol> wanted = chunk.AsSpan(0, Math.Min(chunk.Length, count - first));
            int got = memory.Read(unchecked(symbols + ((ulong)first * Elf64Symbol.Size)), MemoryMarshal.AsBytes(wanted)) / Elf64Symbol.Size;
            foreach (ref readonly Elf64Symbol symbol in wanted[..got])
            {
                if (symbol.SymbolType is Elf64Symbol.Function or Elf64Symbol.IndirectFunction && symbol.SectionIndex != 0)
                {
                    functions.Add(new Function(symbol.Value, symbol.Length, symbol.NameOffset, Rank(symbol.Binding)));
                }
            }

            if (got < wanted.Length)
            {
                break;
            }
        }

        Function[] sorted = [.. functions];
        Array.Sort(sorted);
        return new SymbolTable(memory, names, namesLength, sorted);
    }

    /// <summary>The function that an address is in.</summary>
    /// <param name="address">Virtual address, before relocation.</param>
    /// <param name="start">Where the unwind table says that a function begins around it; null: it does not.</param>
    /// <returns>Its name without a version, and its address; null: none has it.</returns>
    public (string Name, ulong Address)? Find(ulong address, ulong? start)
    {
        int index = LastAtOrBefore(address);
        ulong nearest = index < 0 ? 0 : _functions[index].Address;
        for (int looked = 0; index >= 0 && looked < StacksLimits.EnclosingSymbols; looked++)
        {
            // Of those at one address the first is the best.
            int group = index;
            while (group > 0 && _functions[group - 1].Address == _functions[index].Address && index - group < StacksLimits.EnclosingSymbols)
            {
                group--;
            }

            for (int i = group; i <= index; i++)
            {
                if (Has(_functions[i], address, start, nearest) && Name(_functions[i]) is { } name)
                {
                    return (name, _functions[i].Address);
                }
            }

            index = group - 1;
        }

        return null;
    }

    private static bool Has(in Function function, ulong address, ulong? start, ulong nearest)
    {
        ulong distance = address - function.Address;
        return function.Length > 0
            ? distance < function.Length
            : function.Address == nearest && (start is { } known ? known <= function.Address : distance < StacksLimits.UnsizedFunctionBytes);
    }

    private static byte Rank(int binding) => binding switch
    {
        Elf64Symbol.Local => 2,
        Elf64Symbol.Weak => 1,
        _ => 0,
    };

    private int LastAtOrBefore(ulong address)
    {
        int low = 0;
        int high = _functions.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_functions[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private string? Name(in Function function)
    {
        if (function.Name >= _namesLength)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[(int)Math.Min(StacksLimits.SymbolNameBytes, _namesLength - function.Name)];
        bytes = bytes[.._memory.Read(unchecked(_names + function.Name), bytes)];
        int end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];

        // "name@@VERSION" and "name@VERSION".
        int version = bytes.IndexOf((byte)'@');
        bytes = version > 0 ? bytes[..version] : bytes;
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);
    }

    private readonly record struct Function(ulong Address, ulong Length, uint Name, byte Rank) : IComparable<Function>
    {
        public int CompareTo(Function other)
        {
            int order = Address.CompareTo(other.Address);
            return order != 0 ? order : Rank.CompareTo(other.Rank);
        }
    }
}
