using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Protocol;

/// <summary>What stands in place of SCM_RIGHTS on Windows.</summary>
public sealed class WindowsHandlePrefixTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void HandlesAndFrameComeApartAgain(int count)
    {
        ulong[] sent = [.. Enumerable.Range(0, count).Select(i => 0x1234ul + (ulong)i)];

        ReadOnlySpan<byte> frame = WindowsHandlePrefix.Split(WindowsHandlePrefix.Prepend([1, 2, 3], sent), out ulong[] handles);

        Assert.Equal(sent, handles);
        Assert.Equal([1, 2, 3], frame.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("01000000")]
    [InlineData("0100000011111111111111")]
    [InlineData("04000000111111111111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("ffffffff1111111111111111")]
    public void WhatIsShorterThanItSaysOrHasTooManyIsMalformed(string message)
        => Assert.Throws<MalformedFrameException>(() => WindowsHandlePrefix.Split(Convert.FromHexString(message), out _));

    [Fact]
    public void ANoticeWithMoreParametersThanRoomIsMalformed()
    {
        byte[] payload = new byte[WindowsCrashNotice.Size];
        payload[0] = WindowsCrashNotice.Size;
        payload[48] = WindowsCrashNotice.MaxParameters + 1;

        Assert.Throws<MalformedFrameException>(() => WindowsCrashNotice.Parse(payload));
        Assert.Throws<MalformedFrameException>(() => WindowsCrashNotice.Parse(payload.AsSpan(1)));
    }
}
