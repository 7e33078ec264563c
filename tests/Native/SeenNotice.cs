using System.Buffers.Binary;
using CrashHandler.Protocol;

namespace CrashHandler.Tests.Native;

/// <summary>A notice as the <see cref="FakeHandler"/> got it, with what the sender's maps said at that moment.</summary>
internal sealed class SeenNotice
{
    private const int GeneralRegistersOffset = CrashNotice.UContextOffset + 40;
    private const int InstructionPointerIndex = 16;
    private const int StackPointerIndex = 15;
    private const int FaultAddressOffset = CrashNotice.SigInfoOffset + 16;

    /// <param name="payload">The notice.</param>
    /// <param name="sender">Its sender's pid as seen here; the notice's own may be of another pid namespace.</param>
    public SeenNotice(ReadOnlySpan<byte> payload, int sender)
    {
        Bytes = payload.ToArray();
        Fields = CrashNotice.Parse(payload);
        InstructionPointer = Register(payload, InstructionPointerIndex);
        StackPointer = Register(payload, StackPointerIndex);
        FaultAddress = BinaryPrimitives.ReadUInt64LittleEndian(payload[FaultAddressOffset..]);
        InfoSignal = BinaryPrimitives.ReadInt32LittleEndian(payload[CrashNotice.SigInfoOffset..]);
        ControlWord = BinaryPrimitives.ReadUInt16LittleEndian(payload[CrashNotice.FxSaveOffset..]);
        string[] maps = ReadMaps(sender);
        Code = MappingOf(maps, InstructionPointer);
        Stack = MappingOf(maps, StackPointer);
    }

    /// <summary>As it came.</summary>
    public byte[] Bytes { get; }

    public CrashNotice Fields { get; }

    public ulong InstructionPointer { get; }

    public ulong StackPointer { get; }

    public ulong FaultAddress { get; }

    /// <summary><c>si_signo</c>.</summary>
    public int InfoSignal { get; }

    /// <summary>The x87 control word: 0x037f in a program that left it alone.</summary>
    public ushort ControlWord { get; }

    /// <summary>The line of the sender's maps that the instruction pointer lies in, or nothing.</summary>
    public string Code { get; }

    /// <summary>Likewise for the stack pointer.</summary>
    public string Stack { get; }

    // Of a sender that is not dumpable only root may read them.
    private static string[] ReadMaps(int sender)
    {
        try
        {
            return File.ReadAllLines($"/proc/{sender}/maps");
        }
        catch (UnauthorizedAccessException) when (!Environment.IsPrivilegedProcess)
        {
            return [];
        }
    }

    private static ulong Register(ReadOnlySpan<byte> payload, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(payload[(GeneralRegistersOffset + (index * sizeof(ulong)))..]);

    private static string MappingOf(string[] maps, ulong address) => maps.FirstOrDefault(line => Contains(line, address)) ?? "";

    private static bool Contains(string line, ulong address)
    {
        string[] ends = line.Split(' ')[0].Split('-');
        return address >= Convert.ToUInt64(ends[0], 16) && address < Convert.ToUInt64(ends[1], 16);
    }
}
