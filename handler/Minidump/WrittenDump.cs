using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump.Format;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Minidump;

/// <summary>A dump that the system has written, as far as it is looked at to complete it: by records, never as a whole.</summary>
internal sealed class WrittenDump
{
    private readonly SafeFileHandle _file;

    /// <summary>Looks at one.</summary>
    /// <param name="file">The dump.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public WrittenDump(SafeFileHandle file)
    {
        _file = file;
        Length = RandomAccess.GetLength(file);
        Header = Read<MinidumpHeader>(0, 1)[0];
        if (Header.Signature != MinidumpHeader.ExpectedSignature || Header.NumberOfStreams > MinidumpLimits.MaxStreamsCompleted)
        {
            throw new InvalidDataException($"what the system wrote is no minidump that can be completed: signature 0x{Header.Signature:x8}, {Header.NumberOfStreams} streams");
        }

        Streams = [.. Read<MinidumpDirectory>(Header.StreamDirectoryRva, Header.NumberOfStreams).Where(entry => entry.StreamType != MinidumpStreamType.Unused)];
    }

    /// <summary>Its bytes.</summary>
    public long Length { get; }

    public MinidumpHeader Header { get; }

    /// <summary>Its directory, without unused entries.</summary>
    public IReadOnlyList<MinidumpDirectory> Streams { get; }

    /// <summary>Where a stream is; of size 0: there is none.</summary>
    public MinidumpLocationDescriptor Find(MinidumpStreamType type) => Streams.FirstOrDefault(entry => entry.StreamType == type).Location;

    /// <summary>
    /// The records of a list: behind a u32 count, or that and as many bytes of alignment. Empty: there is none, or it is longer than <see cref="MinidumpLimits.MaxListBytes"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">It ends outside the file.</exception>
    public T[] List<T>(MinidumpStreamType type)
        where T : unmanaged
    {
        MinidumpLocationDescriptor location = Find(type);
        if (location.DataSize is < sizeof(uint) or > MinidumpLimits.MaxListBytes)
        {
            return [];
        }

        uint count = Read<uint>(location.Rva, 1)[0];
        bool isAligned = location.DataSize == (2 * sizeof(uint)) + (count * (long)Unsafe.SizeOf<T>());
        return Read<T>(location.Rva + sizeof(uint) + (isAligned ? sizeof(uint) : 0L), count);
    }

    /// <summary>Version of a module, four numbers; null: it is not loaded, or has none.</summary>
    /// <param name="fileName">Its file's name.</param>
    /// <exception cref="InvalidDataException">The list ends outside the file.</exception>
    public string? VersionOf(string fileName)
    {
        foreach (MinidumpModule module in List<MinidumpModule>(MinidumpStreamType.ModuleList))
        {
            if (!Text(module.ModuleNameRva).EndsWith($"\\{fileName}", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            VsFixedFileInfo version = module.VersionInfo;
            return version.Signature == VsFixedFileInfo.ExpectedSignature ? version.FileVersion() : null;
        }

        return null;
    }

    /// <summary>Reads bytes.</summary>
    /// <returns>How many: less than asked for only at the end.</returns>
    public int Read(Span<byte> bytes, long offset)
    {
        int done = 0;
        while (done < bytes.Length && RandomAccess.Read(_file, bytes[done..], offset + done) is > 0 and int read)
        {
            done += read;
        }

        return done;
    }

    /// <summary>A MINIDUMP_STRING; empty: it is longer than <see cref="MinidumpLimits.MaxTextBytes"/>.</summary>
    /// <exception cref="InvalidDataException">It ends outside the file.</exception>
    public string Text(uint rva)
    {
        uint size = Read<uint>(rva, 1)[0];
        return size <= MinidumpLimits.MaxTextBytes ? new string(Read<char>(rva + sizeof(uint), size / sizeof(char))) : "";
    }

    /// <summary>Reads records.</summary>
    /// <exception cref="InvalidDataException">They end outside the file.</exception>
    public T[] Read<T>(long offset, uint count)
        where T : unmanaged
    {
        if (count * (long)Unsafe.SizeOf<T>() > Length - offset)
        {
            throw new InvalidDataException($"the dump that the system wrote ends within {count} records at 0x{offset:x}");
        }

        T[] records = new T[count];
        Span<byte> bytes = MemoryMarshal.AsBytes(records.AsSpan());
        return Read(bytes, offset) == bytes.Length ? records : throw new InvalidDataException($"the dump that the system wrote ends within {count} records at 0x{offset:x}");
    }
}
