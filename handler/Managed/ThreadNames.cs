using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// <c>Thread.Name</c>. The DAC does not say which object stands for a thread, so its handle is looked for in the runtime's own record of the thread: the object
/// there is a Thread that points back to the record. Where it stands is the same for all threads of a runtime.
/// </summary>
internal sealed class ThreadNames(ManagedObjects objects, IProcessMemory memory)
{
    // Bytes of a record that are looked at: .NET 8 to 10 have the handle within the first 1,500.
    private const int RecordBytes = 4_096;

    private const string ThreadType = "System.Threading.Thread", NativeThread = "_DONT_USE_InternalThread", NameField = "_name";

    private int? _place;

    /// <summary>The name; null: it has none, or its object was not found.</summary>
    public string? Find(ulong record)
    {
        ulong thread = _place is { } place ? ThreadAt(record, record + (ulong)place) : Search(record);
        return thread != 0 && objects.TypeOf(thread) is { } type ? objects.Text(objects.Reference(thread, type, NameField), StacksLimits.NameBytes) : null;
    }

    private ulong Search(ulong record)
    {
        byte[] bytes = new byte[RecordBytes];
        int count = memory.Read(record, bytes);
        for (int place = 0; place + sizeof(ulong) <= count; place += sizeof(ulong))
        {
            ulong word = BitConverter.ToUInt64(bytes, place);
            // A handle is a place on the heap of handles, aligned, and never in the record itself.
            if (word >= StacksLimits.LowestPointer && word % sizeof(ulong) == 0 && (word < record || word >= record + RecordBytes) && ThreadAt(record, record + (ulong)place) is not 0 and var thread)
            {
                _place = place;
                return thread;
            }
        }

        return 0;
    }

    private ulong ThreadAt(ulong record, ulong handlePlace)
    {
        ulong thread = objects.Pointer(objects.Pointer(handlePlace));
        // First what is cheap: one of its few fields is the record's address.
        Span<byte> fields = stackalloc byte[StacksLimits.ThreadObjectBytes];
        if (thread == 0 || thread % sizeof(ulong) != 0 || memory.Read(thread, fields) != fields.Length || fields.IndexOf(BitConverter.GetBytes(record)) < 0)
        {
            return 0;
        }

        return objects.TypeOf(thread) is { } type && objects.NameOf(type) == ThreadType && objects.Field(thread, type, NativeThread) is { } field && objects.Pointer(field) == record ? thread : 0;
    }
}
