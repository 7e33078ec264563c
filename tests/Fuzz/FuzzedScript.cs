using System.Buffers.Binary;
using CrashHandler.Protocol;

namespace CrashHandler.Tests.Fuzz;

/// <summary>
/// All that one connection sends: a function of its seed, whatever the handler answers and the others do. Right frames in the right order now and then, so that
/// what comes after them is reached.
/// </summary>
internal sealed class FuzzedScript(int seed, int clientPid)
{
    private readonly Random _random = new(seed);

    /// <summary>The frames in their order. A frame is the caller's.</summary>
    public IEnumerable<FuzzedFrame> Frames()
    {
        int count = _random.Next(1, FuzzLimits.FramesOfOne);
        ConnectionRole role = (ConnectionRole)_random.Next(1, 4);
        bool isProper = _random.Next(8) != 0;
        for (int i = 0; i < count; i++)
        {
            bool isFirst = i == 0 && isProper, isSecond = i == 1 && role == ConnectionRole.Control && _random.Next(3) != 0;
            (FrameType type, byte[] payload, bool hasBlock) = isFirst ? Hello(role) : isSecond ? Register() : Any(role);
            byte[] packet = FrameHeader.Frame(type, payload, (uint)_random.Next());
            // Most connections come some way before they are ended.
            bool isSpoilt = !isFirst && !isSecond && _random.Next(4) == 0;
            if (isSpoilt)
            {
                packet = Spoil(packet);
            }

            int others = _random.Next(40) == 0 ? _random.Next(1, 254) : 0;
            FrameType last = packet.Length >= 8 ? (FrameType)BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(6)) : 0;
            bool isReport = last is FrameType.Notice or FrameType.CaptureReport;
            if ((isReport && _random.Next(FuzzLimits.FramesPerReport / 40) != 0) || (last is FrameType.SetUploads or FrameType.ListUploaded && _random.Next(FuzzLimits.FramesPerSync / 10) != 0))
            {
                // Too dear to be sent each time: to the others.
                BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(6), (ushort)FrameType.BlockChanged);
                isReport = false;
            }

            yield return new FuzzedFrame(packet, hasBlock ? FuzzedBlock.Memfd(_random) : null, others, isReport);
        }
    }

    private (FrameType Type, byte[] Payload, bool HasBlock) Hello(ConnectionRole role)
        => (FrameType.Hello, new HelloPayload(role, (Hooks)_random.Next(128), clientPid, clientPid).ToBytes(), role == ConnectionRole.Crash && _random.Next(2) == 0);

    private (FrameType Type, byte[] Payload, bool HasBlock) Register()
        => (FrameType.Register, new RegisterPayload((Hooks)_random.Next(128), (RegisterOptions)_random.Next(4), (uint)_random.Next()).ToBytes(), true);

    private (FrameType Type, byte[] Payload, bool HasBlock) Any(ConnectionRole role)
    {
        if (role == ConnectionRole.Crash && _random.Next(2) == 0)
        {
            return _random.Next(3) == 0 ? (FrameType.HandedOver, Bytes(16), false) : (FrameType.Notice, Notice(), false);
        }

        return _random.Next(16) switch
        {
            0 => Register(),
            1 or 2 => (FrameType.GetUploads, [], false),
            3 => (FrameType.SetUploads, [(byte)_random.Next(3)], false),
            4 => (FrameType.ListUploaded, BitConverter.GetBytes((uint)_random.Next(-2, 50)), false),
            5 => (FrameType.GetStatus, [], false),
            6 => (FrameType.SubmitPending, [], false),
            7 => (FrameType.GetLastRun, [], false),
            8 => (FrameType.Note, Bytes(_random.Next(0, 5_000)), false),
            9 => (FrameType.CaptureReport, [.. BitConverter.GetBytes(clientPid), 0, 0, 0, 0, .. Bytes(_random.Next(0, 100))], false),
            10 => (FrameType.Notice, Notice(), false),
            11 => Hello(role),
            _ => (FrameType.BlockChanged, [], false),
        };
    }

    // The registers and addresses of a crash point anywhere.
    private byte[] Notice()
    {
        byte[] notice = Bytes(CrashNotice.Size);
        BitConverter.TryWriteBytes(notice, CrashNotice.Size);
        if (_random.Next(4) != 0)
        {
            BitConverter.TryWriteBytes(notice.AsSpan(8), clientPid);
            BitConverter.TryWriteBytes(notice.AsSpan(12), clientPid);
            BitConverter.TryWriteBytes(notice.AsSpan(16), _random.Next(1, 65));
        }

        return notice;
    }

    private byte[] Spoil(byte[] packet)
    {
        switch (_random.Next(8))
        {
            case 0:
                return Bytes(_random.Next(0, 64));
            case 1:
                return Bytes(_random.Next(0, 70_000));
            case 2:
                return packet[.._random.Next(packet.Length)];
            case 3:
                return [.. packet, .. Bytes(_random.Next(1, 100))];
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), (uint)_random.NextInt64(uint.MaxValue));
                return packet;
            case 5:
                BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(6), (ushort)_random.Next(_random.Next(2) == 0 ? 50 : 65_536));
                return packet;
            default:
                for (int flips = _random.Next(1, 5); flips > 0; flips--)
                {
                    packet[_random.Next(packet.Length)] ^= (byte)(1 << _random.Next(8));
                }

                return packet;
        }
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
