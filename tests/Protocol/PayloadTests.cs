using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Protocol;

public class PayloadTests
{
    private static readonly Guid s_guid = new("5e1286fc-da97-479e-918b-6bfb0c3d1c72");

    [Theory]
    [InlineData("/tmp/Ä Crashes", "https://host/submit?x=1")]
    [InlineData("/tmp/x", null)]
    public void WelcomeSurvivesTheWire(string database, string? url)
    {
        Welcome welcome = new(42, s_guid, database, url, "0.1.0");

        Assert.Equal(welcome, Welcome.Parse(welcome.ToBytes()));
    }

    [Fact]
    public void WelcomeWithLengthsThatDoNotAddUpIsMalformed()
    {
        byte[] payload = new Welcome(42, s_guid, "/tmp/x", null, "0.1.0").ToBytes();

        Assert.Throws<MalformedFrameException>(() => Welcome.Parse(payload.AsSpan(0, payload.Length - 1)));
        Assert.Throws<MalformedFrameException>(() => Welcome.Parse(payload.AsSpan(0, Welcome.FixedSize - 1)));
    }

    [Fact]
    public void HelloHasItsBytes()
    {
        byte[] bytes = new HelloPayload(ConnectionRole.Crash, Hooks.Signals | Hooks.Abort, 7, 9).ToBytes();

        Assert.Equal("0200" + "0000" + "14000000" + "07000000" + "09000000" + new string('0', 32), Convert.ToHexString(bytes).ToLowerInvariant());
        HelloPayload parsed = HelloPayload.Parse(bytes);
        Assert.Equal((ConnectionRole.Crash, Hooks.Signals | Hooks.Abort, 7, 9), (parsed.Role, parsed.Hooks, parsed.ProcessId, parsed.ThreadId));
        Assert.Throws<MalformedFrameException>(() => HelloPayload.Parse(bytes.AsSpan(1)));
    }

    [Fact]
    public void RegisterHasItsBytes()
    {
        byte[] bytes = new RegisterPayload(Hooks.Stage2, RegisterOptions.IgnoreSystemCrashHandler, 60_000).ToBytes();

        Assert.Equal("02000000" + "01000000" + "60ea0000" + new string('0', 8), Convert.ToHexString(bytes).ToLowerInvariant());
        Assert.Equal(60_000u, RegisterPayload.Parse(bytes).HoldMilliseconds);
        Assert.Throws<MalformedFrameException>(() => RegisterPayload.Parse([]));
    }

    [Fact]
    public void UploadedReportSurvivesTheWire()
    {
        UploadedReportPayload report = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), "bp-é");

        Assert.Equal(report, UploadedReportPayload.Parse(report.ToBytes()));
        Assert.Throws<MalformedFrameException>(() => UploadedReportPayload.Parse(new byte[7]));
        Assert.Throws<MalformedFrameException>(() => UploadedReportPayload.Parse(Enumerable.Repeat((byte)0x7f, 8).ToArray()));
    }

    [Fact]
    public void ANoticeOfAnotherSizeIsMalformed()
    {
        byte[] notice = new byte[CrashNotice.Size];
        Assert.Throws<MalformedFrameException>(() => CrashNotice.Parse(notice));

        BitConverter.TryWriteBytes(notice, CrashNotice.Size);
        BitConverter.TryWriteBytes(notice.AsSpan(16), 11);
        Assert.Equal(11, CrashNotice.Parse(notice).Signal);
        Assert.Throws<MalformedFrameException>(() => CrashNotice.Parse(notice.AsSpan(1)));
    }
}
