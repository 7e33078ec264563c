using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Stacks.Request;

namespace CrashHandler.Handler.Stacks;

/// <summary>
/// A <see cref="WalkRequest"/> as bytes, little-endian: <see cref="WalkRequestHeader"/>; the exception's type, message and text; each thread (tid, name, a byte
/// that says whether registers follow, <see cref="WalkRegisters"/>); each module (path, address, size, a byte that says whether it is ELF, build id); the maps.
/// A text or build id is its length in bytes (32 bits; -1: null) and its bytes, of texts UTF-8. Nothing follows.
/// </summary>
internal static class WalkRequestCodec
{
    private const int Null = -1;

    // Lone surrogates become U+FFFD, as invalid bytes do: a name or message is whatever the process made of it, and no reason to fail.
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes it from the stream's position on.</summary>
    /// <exception cref="InvalidDataException">A part of it is beyond its limit of <see cref="StacksLimits"/>.</exception>
    /// <exception cref="IOException">The stream does not take it.</exception>
    public static void Write(WalkRequest request, Stream stream)
    {
        using BinaryWriter writer = new(stream, s_utf8, leaveOpen: true);
        WalkRequestHeader header = new()
        {
            Magic = WalkRequestHeader.RequestMagic,
            Version = WalkRequestHeader.CurrentVersion,
            Flags = Flag(request.HasOwnRoot, WalkRequestFlags.HasOwnRoot) | Flag(request.IsDotNet, WalkRequestFlags.IsDotNet)
                | Flag(request.HasCrashed, WalkRequestFlags.HasCrashed) | Flag(request.LeavesOutMessages, WalkRequestFlags.LeavesOutMessages),
            ProcessId = request.ProcessId,
            UserId = request.UserId,
            GroupId = request.GroupId,
            Signal = request.Signal,
            LimitMilliseconds = checked((uint)request.Limit.TotalMilliseconds),
            ThreadCount = Within(request.Threads.Count, StacksLimits.Threads, "threads"),
            ModuleCount = Within(request.Modules.Count, StacksLimits.Modules, "modules"),
            MapsLength = Within(request.Maps.Length, StacksLimits.MapsBytes, "bytes of maps"),
        };
        Write(writer, header);
        Write(writer, request.ExceptionType, StacksLimits.RequestTextBytes);
        Write(writer, request.ExceptionMessage, StacksLimits.RequestTextBytes);
        Write(writer, request.ExceptionText, StacksLimits.RequestTextBytes);
        foreach (WalkThread thread in request.Threads)
        {
            writer.Write(thread.ThreadId);
            Write(writer, thread.Name, StacksLimits.NameBytes);
            writer.Write(thread.Registers is not null);
            if (thread.Registers is not null)
            {
                Write(writer, new WalkRegisters(thread.Registers));
            }
        }

        foreach (WalkModule module in request.Modules)
        {
            Write(writer, module.Path, StacksLimits.PathBytes);
            writer.Write(module.Address);
            writer.Write(module.Size);
            writer.Write(module.IsElf);
            writer.Write(Within(module.BuildId.Length, StacksLimits.BuildIdBytes, "bytes of a build id"));
            writer.Write(module.BuildId);
        }

        writer.Write(request.Maps);
    }

    /// <summary>Reads it from the stream's position to its end.</summary>
    /// <exception cref="InvalidDataException">It is none, one of another version, or cut.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static WalkRequest Read(Stream stream)
    {
        using BinaryReader reader = new(stream, s_utf8, leaveOpen: true);
        try
        {
            WalkRequest request = Read(reader);
            return stream.ReadByte() < 0 ? request : throw new InvalidDataException("a walk's request goes on behind its end");
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException("a walk's request is cut", cut);
        }
    }

    private static WalkRequest Read(BinaryReader reader)
    {
        WalkRequestHeader header = Read<WalkRequestHeader>(reader);
        if (header.Magic != WalkRequestHeader.RequestMagic || header.Version != WalkRequestHeader.CurrentVersion || (header.Flags & ~WalkRequestFlags.All) != 0)
        {
            throw new InvalidDataException($"not a walk's request of version {WalkRequestHeader.CurrentVersion}: magic 0x{header.Magic:x}, version {header.Version}, flags 0x{(uint)header.Flags:x}");
        }

        int threads = Within(header.ThreadCount, StacksLimits.Threads, "threads");
        int modules = Within(header.ModuleCount, StacksLimits.Modules, "modules");
        int maps = Within(header.MapsLength, StacksLimits.MapsBytes, "bytes of maps");
        return new WalkRequest
        {
            ProcessId = header.ProcessId,
            UserId = header.UserId,
            GroupId = header.GroupId,
            HasOwnRoot = header.Flags.HasFlag(WalkRequestFlags.HasOwnRoot),
            IsDotNet = header.Flags.HasFlag(WalkRequestFlags.IsDotNet),
            HasCrashed = header.Flags.HasFlag(WalkRequestFlags.HasCrashed),
            LeavesOutMessages = header.Flags.HasFlag(WalkRequestFlags.LeavesOutMessages),
            Signal = header.Signal,
            Limit = TimeSpan.FromMilliseconds(header.LimitMilliseconds),
            ExceptionType = ReadText(reader, StacksLimits.RequestTextBytes),
            ExceptionMessage = ReadText(reader, StacksLimits.RequestTextBytes),
            ExceptionText = ReadText(reader, StacksLimits.RequestTextBytes),
            Threads = ReadAll(reader, threads, ReadThread),
            Modules = ReadAll(reader, modules, ReadModule),
            Maps = ReadBytes(reader, maps),
        };
    }

    private static WalkThread ReadThread(BinaryReader reader)
        => new(reader.ReadInt32(), ReadSomeText(reader, StacksLimits.NameBytes), ReadFlag(reader) ? Read<WalkRegisters>(reader).ToRegisters() : null);

    private static WalkModule ReadModule(BinaryReader reader)
    {
        string path = ReadSomeText(reader, StacksLimits.PathBytes);
        ulong address = reader.ReadUInt64();
        ulong size = reader.ReadUInt64();
        bool isElf = ReadFlag(reader);
        byte[] buildId = ReadBytes(reader, Within(reader.ReadInt32(), StacksLimits.BuildIdBytes, "bytes of a build id"));
        return new WalkModule(path, address, size, buildId, isElf);
    }

    // Grows as they come: a count alone takes no memory.
    private static List<T> ReadAll<T>(BinaryReader reader, int count, Func<BinaryReader, T> read)
    {
        List<T> all = [];
        for (int i = 0; i < count; i++)
        {
            all.Add(read(reader));
        }

        return all;
    }

    private static WalkRequestFlags Flag(bool isSet, WalkRequestFlags flag) => isSet ? flag : WalkRequestFlags.None;

    private static bool ReadFlag(BinaryReader reader)
        => reader.ReadByte() switch { 0 => false, 1 => true, byte other => throw new InvalidDataException($"a walk's request says {other} instead of yes or no") };

    private static void Write(BinaryWriter writer, string? text, int limit)
    {
        byte[]? bytes = text is null ? null : s_utf8.GetBytes(text);
        writer.Write(bytes is null ? Null : Within(bytes.Length, limit, "bytes of a text"));
        writer.Write(bytes ?? []);
    }

    private static string ReadSomeText(BinaryReader reader, int limit)
        => ReadText(reader, limit) ?? throw new InvalidDataException("a walk's request lacks a text");

    private static string? ReadText(BinaryReader reader, int limit)
        => reader.ReadInt32() is int length && length == Null ? null : s_utf8.GetString(ReadBytes(reader, Within(length, limit, "bytes of a text")));

    private static byte[] ReadBytes(BinaryReader reader, int length)
        => reader.ReadBytes(length) is var bytes && bytes.Length == length ? bytes : throw new EndOfStreamException();

    private static void Write<T>(BinaryWriter writer, T record)
        where T : unmanaged
        => writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)));

    private static T Read<T>(BinaryReader reader)
        where T : unmanaged
    {
        T record = default;
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(new Span<T>(ref record)));
        return record;
    }

    private static int Within(int count, int limit, string what)
        => (uint)count <= (uint)limit ? count : throw new InvalidDataException($"a walk's request has {count} {what} (limit {limit})");
}
