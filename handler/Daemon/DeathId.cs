using System.Buffers.Binary;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Names a death, and so its report: whoever is told of it, with the same notice, gives it the same name. A UUID of version 8 (RFC 9562): FNV-1a,
/// 128 bits. No cryptographic hash, because .NET's would bring OpenSSL into the capture, and a machine need not have it.
/// </summary>
internal static class DeathId
{
    private static readonly UInt128 s_offsetBasis = new(0x6C62272E07BB0142, 0x62B821756295C58D);
    private static readonly UInt128 s_prime = new(0x0000000001000000, 0x000000000000013B);

    /// <summary>Of a notice.</summary>
    /// <param name="clientId">The database's client id: machines count their pids alike.</param>
    /// <param name="startTime">When the process started, as its system says it.</param>
    /// <param name="death">What it says.</param>
    public static Guid Of(Guid clientId, ulong startTime, ToldDeath death) => Of(clientId, startTime, death.ProcessId, death.ThreadId, death.Time);

    /// <summary>Of an end without a notice: a process ends once.</summary>
    /// <param name="clientId">As above.</param>
    /// <param name="startTime">As above.</param>
    /// <param name="processId">Pid as the process saw itself.</param>
    public static Guid Of(Guid clientId, ulong startTime, int processId) => Of(clientId, startTime, processId, thread: 0, time: 0);

    private static Guid Of(Guid clientId, ulong startTime, int process, int thread, long time)
    {
        Span<byte> death = stackalloc byte[40];
        clientId.TryWriteBytes(death, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(death[16..], process);
        BinaryPrimitives.WriteInt32LittleEndian(death[20..], thread);
        BinaryPrimitives.WriteUInt64LittleEndian(death[24..], startTime);
        BinaryPrimitives.WriteInt64LittleEndian(death[32..], time);
        UInt128 hash = s_offsetBasis;
        foreach (byte b in death)
        {
            hash = unchecked((hash ^ b) * s_prime);
        }

        Span<byte> uuid = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(uuid, hash);
        uuid[6] = (byte)(0x80 | (uuid[6] & 0x0F));
        uuid[8] = (byte)(0x80 | (uuid[8] & 0x3F));
        return new Guid(uuid, bigEndian: true);
    }
}
