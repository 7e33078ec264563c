using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.Welcome"/> (protocol/README.md, "Welcome").</summary>
/// <param name="HandlerProcessId">The handler's pid as it sees itself.</param>
/// <param name="ClientId">The database's <c>guid</c>.</param>
/// <param name="Database">Absolute path of the database.</param>
/// <param name="Url">The handler's own URL, or null.</param>
/// <param name="HandlerVersion">The handler's version.</param>
public sealed record Welcome(int HandlerProcessId, Guid ClientId, string Database, string? Url, string HandlerVersion)
{
    /// <summary>Bytes before the three strings.</summary>
    public const int FixedSize = 32;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">Its lengths do not add up.</exception>
    public static Welcome Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize)
        {
            throw new MalformedFrameException($"Welcome has {payload.Length} bytes, at least {FixedSize} are needed");
        }

        int database = BinaryPrimitives.ReadUInt16LittleEndian(payload[24..]);
        int url = BinaryPrimitives.ReadUInt16LittleEndian(payload[26..]);
        int version = BinaryPrimitives.ReadUInt16LittleEndian(payload[28..]);
        if (payload.Length != FixedSize + database + url + version)
        {
            throw new MalformedFrameException($"Welcome announces {database + url + version} bytes of strings and {payload.Length - FixedSize} came");
        }

        ReadOnlySpan<byte> strings = payload[FixedSize..];
        return new Welcome(
            BinaryPrimitives.ReadInt32LittleEndian(payload),
            new Guid(payload.Slice(8, 16)),
            Encoding.UTF8.GetString(strings[..database]),
            url == 0 ? null : Encoding.UTF8.GetString(strings.Slice(database, url)),
            Encoding.UTF8.GetString(strings[(database + url)..]));
    }

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] database = Encoding.UTF8.GetBytes(Database);
        byte[] url = Encoding.UTF8.GetBytes(Url ?? "");
        byte[] version = Encoding.UTF8.GetBytes(HandlerVersion);
        byte[] payload = new byte[FixedSize + database.Length + url.Length + version.Length];
        BinaryPrimitives.WriteInt32LittleEndian(payload, HandlerProcessId);
        ClientId.TryWriteBytes(payload.AsSpan(8));
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(24), checked((ushort)database.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(26), checked((ushort)url.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(28), checked((ushort)version.Length));
        database.CopyTo(payload.AsSpan(FixedSize));
        url.CopyTo(payload.AsSpan(FixedSize + database.Length));
        version.CopyTo(payload.AsSpan(FixedSize + database.Length + url.Length));
        return payload;
    }
}
