using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Protocol;

public class FrameHeaderTests
{
    [Fact]
    public void AFrameIsItsHeaderAndItsPayload()
    {
        byte[] frame = FrameHeader.Frame(FrameType.SetUploads, [1], request: 0x01020304);

        Assert.Equal("43485250" + "0100" + "0900" + "01000000" + "04030201" + "01", Convert.ToHexString(frame).ToLowerInvariant());
    }

    [Fact]
    public void WhatWasFramedIsParsed()
    {
        byte[] frame = FrameHeader.Frame(FrameType.Refusal, "why"u8, request: 7);

        FrameHeader header = FrameHeader.Parse(frame, out ReadOnlySpan<byte> payload);

        Assert.Equal(FrameType.Refusal, header.Type);
        Assert.Equal(7u, header.Request);
        Assert.True(payload.SequenceEqual("why"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("434852500100090000000000000000")]
    [InlineData("00485250010009000000000000000000")]
    [InlineData("43485250010009000100000000000000")]
    [InlineData("4348525001000900000000000000000001")]
    [InlineData("434852500100090001000100" + "00000000")]
    public void APacketThatIsNotOneFrameIsMalformed(string hex)
        => Assert.Throws<MalformedFrameException>(() => FrameHeader.Parse(Convert.FromHexString(hex), out _));

    [Fact]
    public void AnotherVersionIsSaidToBeOne()
    {
        byte[] frame = FrameHeader.Frame(FrameType.Hello, []);
        frame[4] = 2;

        ProtocolVersionException other = Assert.Throws<ProtocolVersionException>(() => FrameHeader.Parse(frame, out _));

        Assert.Equal(2, other.Version);
    }

    [Fact]
    public void TheLongestPayloadFitsAndOneByteMoreDoesNot()
    {
        byte[] longest = new byte[ProtocolLimits.MaxPayloadBytes];

        FrameHeader.Parse(FrameHeader.Frame(FrameType.StatusChunk, longest), out ReadOnlySpan<byte> payload);

        Assert.Equal(longest.Length, payload.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameHeader.Frame(FrameType.StatusChunk, new byte[longest.Length + 1]));
    }
}
