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
    public void HandedOverHasItsBytes()
    {
        byte[] bytes = new HandedOverPayload(13, 0, 24).ToBytes();

        Assert.Equal("0d000000" + "00000000" + "18000000" + "00000000", Convert.ToHexString(bytes).ToLowerInvariant());
        HandedOverPayload parsed = HandedOverPayload.Parse(bytes);
        Assert.Equal((13, 0, 24), (parsed.MemoryError, parsed.MapsError, parsed.AuxiliaryVectorError));
        Assert.Throws<MalformedFrameException>(() => HandedOverPayload.Parse(bytes.AsSpan(1)));
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
    public void CaptureReportHasItsBytes()
    {
        CaptureReportPayload asked = new(0x01020304, "why é");
        Assert.Equal("04030201" + "00000000" + "77687920c3a9", Convert.ToHexString(asked.ToBytes()).ToLowerInvariant());
        Assert.Equal(asked, CaptureReportPayload.Parse(asked.ToBytes()));
        Assert.Equal(new CaptureReportPayload(1, ""), CaptureReportPayload.Parse(new CaptureReportPayload(1, "").ToBytes()));

        Assert.Throws<MalformedFrameException>(() => CaptureReportPayload.Parse(new byte[7]));
        Assert.Equal(4_096, CaptureReportPayload.Parse(new byte[8 + 4_096]).Reason.Length);
        Assert.Throws<MalformedFrameException>(() => CaptureReportPayload.Parse(new byte[8 + 4_097]));
        Assert.Equal(s_guid, CaptureReportPayload.ParseAnswer(s_guid.ToByteArray()));
        Assert.Throws<MalformedFrameException>(() => CaptureReportPayload.ParseAnswer([]));
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
