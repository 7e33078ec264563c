using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>Reads Crashpad's own stream.</summary>
internal sealed class CrashpadInfoReader(MinidumpBytes bytes, DumpStream stream)
{
    private const string What = "an annotation";
    private int _left = MinidumpLimits.MaxObjectsRead;

    /// <summary>Reads it; damaged annotations are noted in the stream, the others kept.</summary>
    /// <exception cref="MinidumpFormatException">Not even the ids can be read.</exception>
    public DumpCrashpadInfo Read(MinidumpLocationDescriptor location)
    {
        if (location.DataSize < MinidumpCrashpadInfo.ShortSize)
        {
            throw new MinidumpFormatException($"CrashpadInfo has {location.DataSize} bytes instead of {MinidumpCrashpadInfo.Size}", location.Rva);
        }

        byte[] padded = new byte[MinidumpCrashpadInfo.Size];
        bytes.Slice(location.Rva, Math.Min(location.DataSize, MinidumpCrashpadInfo.Size), "CrashpadInfo").CopyTo(padded);
        MinidumpCrashpadInfo record = MemoryMarshal.Read<MinidumpCrashpadInfo>(padded);
        if (record.Version == 0)
        {
            throw new MinidumpFormatException("CrashpadInfo has version 0", location.Rva);
        }

        return new DumpCrashpadInfo
        {
            ReportId = record.ReportId,
            ClientId = record.ClientId,
            Annotations = Kept(new Dictionary<string, string>(), into => ReadSimple(record.SimpleAnnotations, into)),
            Modules = Kept(new List<DumpModuleAnnotations>(), into => ReadModules(record.ModuleList, into)),
        };
    }

    private void ReadSimple(MinidumpLocationDescriptor location, Dictionary<string, string> into)
    {
        foreach (MinidumpSimpleStringDictionaryEntry entry in List<MinidumpSimpleStringDictionaryEntry>(location))
        {
            into.TryAdd(bytes.Utf8(entry.Key, What), bytes.Utf8(entry.Value, What));
        }
    }

    private void ReadModules(MinidumpLocationDescriptor location, List<DumpModuleAnnotations> into)
    {
        foreach (MinidumpModuleCrashpadInfoLink link in List<MinidumpModuleCrashpadInfoLink>(location))
        {
            MinidumpModuleCrashpadInfo record = bytes.Read<MinidumpModuleCrashpadInfo>(link.Location, "the annotations of a module");
            into.Add(new DumpModuleAnnotations(
                link.MinidumpModuleListIndex,
                Kept(new Dictionary<string, string>(), values => ReadSimple(record.SimpleAnnotations, values)),
                Kept(new List<string>(), values => ReadList(record.ListAnnotations, values)),
                Kept(new Dictionary<string, string>(), values => ReadObjects(record.AnnotationObjects, values))));
        }
    }

    private void ReadList(MinidumpLocationDescriptor location, List<string> into)
    {
        foreach (uint rva in List<uint>(location))
        {
            into.Add(bytes.Utf8(rva, What));
        }
    }

    private void ReadObjects(MinidumpLocationDescriptor location, Dictionary<string, string> into)
    {
        foreach (MinidumpAnnotation annotation in List<MinidumpAnnotation>(location))
        {
            ReadOnlyMemory<byte> value = bytes.ByteArray(annotation.Value, What);
            string text = annotation.Type == MinidumpAnnotation.Text
                ? Encoding.UTF8.GetString(value.Span)
                : $"{value.Length} bytes of type {annotation.Type}";
            into.TryAdd(bytes.Utf8(annotation.Name, What), text);
        }
    }

    /// <summary>A list, empty where the location is; all lists together have at most <see cref="MinidumpLimits.MaxObjectsRead"/> entries.</summary>
    private ReadOnlySpan<T> List<T>(MinidumpLocationDescriptor location)
        where T : unmanaged
    {
        if (location.DataSize == 0)
        {
            return [];
        }

        ReadOnlySpan<T> list = bytes.List<T>(location, _left, "a list of annotations");
        _left -= list.Length;
        return list;
    }

    /// <summary>What could be read before the first damage, which is noted.</summary>
    private TCollection Kept<TCollection>(TCollection collection, Action<TCollection> read)
    {
        try
        {
            read(collection);
        }
        catch (MinidumpFormatException e)
        {
            stream.Note(e);
        }

        return collection;
    }
}
