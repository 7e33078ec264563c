using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>Objects on the process's heap, each believed only as far as it makes sense: it may be on the move, or overwritten.</summary>
internal sealed class ManagedObjects(RuntimeData runtime, IProcessMemory memory)
{
    // CoreCLR's object.h, 64 bits: an object is its method table, then its fields; of an array and a string the length, 32 bits, comes first.
    private const ulong FieldsOffset = 8, LengthOffset = 8, StringOffset = 12, ElementsOffset = 16;

    // Bits of the method table's address that the collector uses as marks.
    private const ulong MarkBits = 7;

    private readonly Dictionary<ulong, TypeInfo?> _types = [];
    private readonly Dictionary<ulong, string?> _names = [];
    private readonly Dictionary<ulong, Dictionary<string, ulong>> _fields = [];

    /// <summary>The type of an object; null: it is none.</summary>
    public TypeInfo? TypeOf(ulong address) => address == 0 ? null : Type(Pointer(address) & ~MarkBits);

    /// <summary>Full name of a type, generic arguments included.</summary>
    public string NameOf(in TypeInfo type)
    {
        if (!_names.TryGetValue(type.MethodTable, out string? name))
        {
            name = runtime.Types.GetTypeName(type.ModuleAddress, type.MethodTable, type.MetadataToken);
            _names.Add(type.MethodTable, name);
        }

        return name is null ? $"(type {type.MethodTable:x})" : MethodNames.OfType(name);
    }

    /// <summary>Whether a type is another one, or derived from it.</summary>
    public bool Is(TypeInfo type, ulong baseMethodTable)
    {
        for (int depth = 0; depth < StacksLimits.TypeDepth; depth++)
        {
            if (type.MethodTable == baseMethodTable)
            {
                return true;
            }

            if (Type(type.ParentMethodTable) is not { } parent)
            {
                return false;
            }

            type = parent;
        }

        return false;
    }

    /// <summary>Address of an instance field, by its name in the type or one of those it derives from; null: there is none.</summary>
    public ulong? Field(ulong address, TypeInfo type, string name)
    {
        for (int depth = 0; depth < StacksLimits.TypeDepth; depth++)
        {
            if (FieldsOf(type).TryGetValue(name, out ulong offset))
            {
                return address + FieldsOffset + offset;
            }

            if (Type(type.ParentMethodTable) is not { } parent)
            {
                return null;
            }

            type = parent;
        }

        return null;
    }

    /// <summary>What a field refers to; 0: null, or there is no such field.</summary>
    public ulong Reference(ulong address, in TypeInfo type, string name) => Field(address, type, name) is { } field ? Pointer(field) : 0;

    /// <summary>The characters of a string, as much as fits into some bytes of UTF-8; null: it is none.</summary>
    public string? Text(ulong address, int limit)
    {
        if (address == 0 || (Pointer(address) & ~MarkBits) != runtime.Heap.State.StringMethodTable || !TryRead(address + LengthOffset, out int length) || length < 0)
        {
            return null;
        }

        char[] text = new char[Math.Min(length, limit)];
        int count = memory.Read(address + StringOffset, MemoryMarshal.AsBytes(text.AsSpan())) / sizeof(char);
        return Utf8Text.Cut(new string(text, 0, count), limit);
    }

    /// <summary>Elements of an array of references.</summary>
    public List<ulong> References(ulong address, int limit)
    {
        List<ulong> elements = [];
        if (Length(address) is { } length)
        {
            for (int i = 0; i < Math.Min(length, limit); i++)
            {
                elements.Add(Pointer(address + ElementsOffset + ((ulong)i * sizeof(ulong))));
            }
        }

        return elements;
    }

    /// <summary>Number of an array's elements; null: it is none.</summary>
    public int? Length(ulong address) => TypeOf(address) is { ComponentSize: > 0 } && TryRead(address + LengthOffset, out int length) && length >= 0 ? length : null;

    /// <summary>Bytes of an array's elements, from the first one on.</summary>
    public byte[] Elements(ulong address, int bytes)
    {
        byte[] elements = new byte[bytes];
        int count = memory.Read(address + ElementsOffset, elements);
        return count == bytes ? elements : elements[..count];
    }

    public ulong Pointer(ulong address) => TryRead(address, out ulong value) ? value : 0;

    public unsafe bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        T read = default;
        bool isThere = memory.Read(address, new Span<byte>(&read, sizeof(T))) == sizeof(T);
        value = isThere ? read : default;
        return isThere;
    }

    private TypeInfo? Type(ulong methodTable)
    {
        if (methodTable == 0)
        {
            return null;
        }

        if (!_types.TryGetValue(methodTable, out TypeInfo? type))
        {
            type = runtime.Types.GetTypeInfo(methodTable, out TypeInfo info) ? info : null;
            _types.Add(methodTable, type);
        }

        return type;
    }

    private Dictionary<string, ulong> FieldsOf(TypeInfo type)
    {
        if (!_fields.TryGetValue(type.MethodTable, out Dictionary<string, ulong>? fields))
        {
            fields = [];
            IAbstractMetadataReader? metadata = runtime.Modules.GetMetadataReader(type.ModuleAddress);
            // The count of instance fields is that of the base types, too, of which each has its own list.
            int inherited = Type(type.ParentMethodTable) is { } parent ? InstanceFields(parent) : 0;
            foreach (FieldInfo field in runtime.Types.EnumerateFields(type, inherited))
            {
                if (field.Kind == FieldKind.Instance)
                {
                    FieldDefInfo info = default;
                    bool isNamed = metadata is not null && metadata.GetFieldDefInfo(field.Token, out info) && info.Name is not null;
                    fields.TryAdd(isNamed ? info.Name! : $"#{field.Token}", (ulong)field.Offset);
                }
            }

            _fields.Add(type.MethodTable, fields);
        }

        return fields;
    }

    private int InstanceFields(TypeInfo type)
    {
        int count = 0;
        for (int depth = 0; depth < StacksLimits.TypeDepth; depth++)
        {
            count += FieldsOf(type).Count;
            if (Type(type.ParentMethodTable) is not { } parent)
            {
                break;
            }

            type = parent;
        }

        return count;
    }
}
