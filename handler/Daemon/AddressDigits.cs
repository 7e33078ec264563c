using System.Buffers.Binary;

namespace CrashHandler.Handler.Daemon;

/// <summary>What an address has of its database: 16 hexadecimal digits, the same after every restart. FNV-1a, 64 bits.</summary>
internal static class AddressDigits
{
    /// <summary>Of the database's directory.</summary>
    /// <param name="device">Device, or serial number of the volume.</param>
    /// <param name="inode">Its number there.</param>
    public static string Of(ulong device, ulong inode)
    {
        const ulong OffsetBasis = 14695981039346656037;
        const ulong Prime = 1099511628211;
        Span<byte> identity = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(identity, device);
        BinaryPrimitives.WriteUInt64LittleEndian(identity[8..], inode);
        ulong hash = OffsetBasis;
        foreach (byte b in identity)
        {
            hash = unchecked((hash ^ b) * Prime);
        }

        return $"{hash:x16}";
    }
}
