using System.Buffers.Text;
using System.Text;

namespace CrashHandler.Handler.Stacks;

/// <summary>/proc/PID/maps, parsed once; ordered by address as the kernel writes it.</summary>
internal sealed class MemoryMap
{
    private static ReadOnlySpan<byte> DeletedSuffix => " (deleted)"u8;

    private readonly MemoryMapping[] _mappings;

    private MemoryMap(MemoryMapping[] mappings) => _mappings = mappings;

    public IReadOnlyList<MemoryMapping> Mappings => _mappings;

    /// <summary>Reads the file's bytes.</summary>
    /// <exception cref="InvalidDataException">A line is none of its kind.</exception>
    public static MemoryMap Parse(ReadOnlySpan<byte> maps)
    {
        List<MemoryMapping> mappings = [];
        ReadOnlySpan<byte> formerName = default;
        string formerPath = "";
        while (!maps.IsEmpty)
        {
            int end = maps.IndexOf((byte)'\n');
            if (end < 0)
            {
                // The file was cut at its limit in the middle of a line.
                break;
            }

            ReadOnlySpan<byte> line = maps[..end];
            maps = maps[(end + 1)..];
            MemoryMapping mapping = ParseLine(line, out ReadOnlySpan<byte> name);
            name = WithoutDeleted(name, out bool deleted);
            if (!name.SequenceEqual(formerName))
            {
                formerName = name;
                formerPath = Encoding.UTF8.GetString(name).Replace("\\012", "\n", StringComparison.Ordinal);
            }

            mappings.Add(mapping with { Path = formerPath, Deleted = deleted });
        }

        return new MemoryMap([.. mappings]);
    }

    /// <summary>Index of the mapping that holds an address, else the complement of the next one's above.</summary>
    public int Find(ulong address)
    {
        int low = 0;
        int high = _mappings.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (_mappings[middle].Contains(address))
            {
                return middle;
            }

            if (address < _mappings[middle].Start)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return ~low;
    }

    /// <summary>Takes the kernel's mark of an unlinked file off a path.</summary>
    public static ReadOnlySpan<byte> WithoutDeleted(ReadOnlySpan<byte> path, out bool deleted)
    {
        deleted = path.EndsWith(DeletedSuffix);
        return deleted ? path[..^DeletedSuffix.Length] : path;
    }

    /// <summary>Reads "start-end perms offset major:minor inode   name".</summary>
    private static MemoryMapping ParseLine(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = line;
        ulong start = Hex(ref rest, (byte)'-');
        ulong end = Hex(ref rest, (byte)' ');
        if (rest.Length < 5 || end <= start)
        {
            throw Malformed(line);
        }

        ReadOnlySpan<byte> permissions = rest[..4];
        rest = rest[5..];
        ulong offset = Hex(ref rest, (byte)' ');
        ulong major = Hex(ref rest, (byte)':');
        ulong minor = Hex(ref rest, (byte)' ');
        if (!Utf8Parser.TryParse(rest, out ulong inode, out int consumed))
        {
            throw Malformed(line);
        }

        name = rest[consumed..].TrimStart((byte)' ');
        return new MemoryMapping
        {
            Start = start,
            End = end,
            Readable = permissions[0] == 'r',
            Writable = permissions[1] == 'w',
            Executable = permissions[2] == 'x',
            Shared = permissions[3] == 's',
            Offset = offset,
            Device = major << 32 | minor,
            Inode = inode,
            Path = "",
            Deleted = false,
        };
    }

    private static ulong Hex(ref ReadOnlySpan<byte> rest, byte behind)
    {
        if (!Utf8Parser.TryParse(rest, out ulong value, out int consumed, 'x') || consumed >= rest.Length || rest[consumed] != behind)
        {
            throw Malformed(rest);
        }

        rest = rest[(consumed + 1)..];
        return value;
    }

    private static InvalidDataException Malformed(ReadOnlySpan<byte> line)
        => new($"/proc/PID/maps has a line that cannot be read: {Encoding.UTF8.GetString(line)}");
}
