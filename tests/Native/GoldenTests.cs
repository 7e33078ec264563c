using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>The C header and the C# types say the same, and both encode the bytes in tests/Protocol/golden.</summary>
public sealed class GoldenTests
{
    private static readonly Lazy<Dictionary<string, string>> CSide = new(ReadCSide);

    private static readonly Dictionary<string, ulong> SharpSide = new()
    {
        ["CH_PROTOCOL_VERSION"] = FrameHeader.ExpectedVersion,
        ["CH_FRAME_MAGIC"] = FrameHeader.ExpectedMagic,
        ["CH_BLOCK_MAGIC"] = RegistrationBlock.Magic,
        ["CH_FRAME_HELLO"] = (ulong)FrameType.Hello,
        ["CH_FRAME_WELCOME"] = (ulong)FrameType.Welcome,
        ["CH_FRAME_REFUSAL"] = (ulong)FrameType.Refusal,
        ["CH_FRAME_REGISTER"] = (ulong)FrameType.Register,
        ["CH_FRAME_DONE"] = (ulong)FrameType.Done,
        ["CH_FRAME_FAILED"] = (ulong)FrameType.Failed,
        ["CH_FRAME_BLOCK_CHANGED"] = (ulong)FrameType.BlockChanged,
        ["CH_FRAME_GET_UPLOADS"] = (ulong)FrameType.GetUploads,
        ["CH_FRAME_SET_UPLOADS"] = (ulong)FrameType.SetUploads,
        ["CH_FRAME_UPLOADS"] = (ulong)FrameType.Uploads,
        ["CH_FRAME_LIST_UPLOADED"] = (ulong)FrameType.ListUploaded,
        ["CH_FRAME_UPLOADED_REPORT"] = (ulong)FrameType.UploadedReport,
        ["CH_FRAME_GET_STATUS"] = (ulong)FrameType.GetStatus,
        ["CH_FRAME_STATUS_CHUNK"] = (ulong)FrameType.StatusChunk,
        ["CH_FRAME_SUBMIT_PENDING"] = (ulong)FrameType.SubmitPending,
        ["CH_FRAME_GET_LAST_RUN"] = (ulong)FrameType.GetLastRun,
        ["CH_FRAME_LAST_RUN"] = (ulong)FrameType.LastRun,
        ["CH_FRAME_NOTE"] = (ulong)FrameType.Note,
        ["CH_FRAME_CAPTURE_REPORT"] = (ulong)FrameType.CaptureReport,
        ["CH_FRAME_NOTICE"] = (ulong)FrameType.Notice,
        ["CH_FRAME_TAKEN"] = (ulong)FrameType.Taken,
        ["CH_FRAME_PROGRESS"] = (ulong)FrameType.Progress,
        ["CH_FRAME_RELEASE"] = (ulong)FrameType.Release,
        ["CH_FRAME_HAND_OVER"] = (ulong)FrameType.HandOver,
        ["CH_FRAME_HANDED_OVER"] = (ulong)FrameType.HandedOver,
        ["CH_ROLE_CONTROL"] = (ulong)ConnectionRole.Control,
        ["CH_ROLE_CRASH"] = (ulong)ConnectionRole.Crash,
        ["CH_ROLE_INSPECTOR"] = (ulong)ConnectionRole.Inspector,
        ["CH_HOOK_STAGE1"] = (ulong)Hooks.Stage1,
        ["CH_HOOK_STAGE2"] = (ulong)Hooks.Stage2,
        ["CH_HOOK_SIGNALS"] = (ulong)Hooks.Signals,
        ["CH_HOOK_SIGACTION"] = (ulong)Hooks.Sigaction,
        ["CH_HOOK_ABORT"] = (ulong)Hooks.Abort,
        ["CH_HOOK_DOTNET"] = (ulong)Hooks.DotNet,
        ["CH_HOOK_FORK"] = (ulong)Hooks.Fork,
        ["CH_OPTION_IGNORE_SYSTEM_CRASH_HANDLER"] = (ulong)RegisterOptions.IgnoreSystemCrashHandler,
        ["CH_NOTICE_GETCONTEXT"] = (ulong)NoticeFlags.GetContext,
        ["CH_NOTICE_FPSTATE_VALID"] = (ulong)NoticeFlags.FpStateValid,
        ["CH_NOTICE_DOTNET"] = (ulong)NoticeFlags.DotNet,
        ["CH_NOTICE_UNHANDLED"] = (ulong)NoticeFlags.Unhandled,
        ["CH_NOTICE_FAIL_FAST"] = (ulong)NoticeFlags.FailFast,
        ["CH_WINDOWS_COUNT_BYTES"] = WindowsHandlePrefix.CountBytes,
        ["CH_WINDOWS_HANDLE_BYTES"] = WindowsHandlePrefix.HandleBytes,
        ["CH_WINDOWS_MAX_HANDLES"] = WindowsHandlePrefix.MaxHandles,
        ["CH_WINDOWS_DIALOGUE_LIMIT_MS"] = ProtocolLimits.WindowsDialogueLimitMilliseconds,
        ["CH_WINDOWS_MAX_PARAMETERS"] = WindowsCrashNotice.MaxParameters,
        ["CH_MAX_PAYLOAD_BYTES"] = ProtocolLimits.MaxPayloadBytes,
        ["CH_ANSWER_LIMIT_MS"] = ProtocolLimits.AnswerLimitMilliseconds,
        ["CH_CAPTURE_REPORT_LIMIT_MS"] = ProtocolLimits.CaptureReportLimitMilliseconds,
        ["CH_TAKEN_LIMIT_MS"] = ProtocolLimits.TakenLimitMilliseconds,
        ["CH_SILENCE_LIMIT_MS"] = ProtocolLimits.SilenceLimitMilliseconds,
        ["CH_DIALOGUE_LIMIT_MS"] = ProtocolLimits.DialogueLimitMilliseconds,
        ["CH_MAX_KEY_BYTES"] = ProtocolLimits.MaxKeyBytes,
        ["CH_MAX_VALUE_BYTES"] = ProtocolLimits.MaxValueBytes,
        ["CH_MAX_PARAMETERS"] = ProtocolLimits.MaxParameters,
        ["CH_SIGINFO_BYTES"] = CrashNotice.SigInfoBytes,
        ["CH_UCONTEXT_BYTES"] = CrashNotice.UContextBytes,
        ["CH_FXSAVE_BYTES"] = CrashNotice.FxSaveBytes,
        ["CH_HANDED_FILES"] = HandedOverPayload.MaxDescriptors,
        ["CH_BLOCK_HEADER_BYTES"] = RegistrationBlock.HeaderSize,
        ["CH_BLOCK_CAPACITY"] = RegistrationBlock.Capacity,
        ["CH_BLOCK_COPY0"] = RegistrationBlock.Copy0,
        ["CH_BLOCK_COPY1"] = RegistrationBlock.Copy1,
        ["CH_BLOCK_BYTES"] = RegistrationBlock.Size,
        ["sizeof ch_frame_header"] = (ulong)Unsafe.SizeOf<FrameHeader>(),
        ["offsetof ch_frame_header.magic"] = Offset<FrameHeader>(nameof(FrameHeader.Magic)),
        ["offsetof ch_frame_header.version"] = Offset<FrameHeader>(nameof(FrameHeader.Version)),
        ["offsetof ch_frame_header.type"] = Offset<FrameHeader>(nameof(FrameHeader.Type)),
        ["offsetof ch_frame_header.length"] = Offset<FrameHeader>(nameof(FrameHeader.Length)),
        ["offsetof ch_frame_header.request"] = Offset<FrameHeader>(nameof(FrameHeader.Request)),
        ["sizeof ch_hello"] = (ulong)Unsafe.SizeOf<HelloPayload>(),
        ["offsetof ch_hello.role"] = Offset<HelloPayload>(nameof(HelloPayload.Role)),
        ["offsetof ch_hello.hooks"] = Offset<HelloPayload>(nameof(HelloPayload.Hooks)),
        ["offsetof ch_hello.pid"] = Offset<HelloPayload>(nameof(HelloPayload.ProcessId)),
        ["offsetof ch_hello.tid"] = Offset<HelloPayload>(nameof(HelloPayload.ThreadId)),
        ["sizeof ch_welcome"] = Welcome.FixedSize,
        // Welcome has no struct in C#: these are the offsets of protocol/README.md.
        ["offsetof ch_welcome.handler_pid"] = 0,
        ["offsetof ch_welcome.guid"] = 8,
        ["offsetof ch_welcome.database_length"] = 24,
        ["offsetof ch_welcome.url_length"] = 26,
        ["offsetof ch_welcome.version_length"] = 28,
        ["sizeof ch_register"] = (ulong)Unsafe.SizeOf<RegisterPayload>(),
        ["offsetof ch_register.hooks"] = Offset<RegisterPayload>(nameof(RegisterPayload.Hooks)),
        ["offsetof ch_register.options"] = Offset<RegisterPayload>(nameof(RegisterPayload.Options)),
        ["offsetof ch_register.hold_ms"] = Offset<RegisterPayload>(nameof(RegisterPayload.HoldMilliseconds)),
        ["sizeof ch_crash_notice"] = (ulong)Unsafe.SizeOf<CrashNotice>(),
        ["offsetof ch_crash_notice.size"] = Offset<CrashNotice>(nameof(CrashNotice.SizeField)),
        ["offsetof ch_crash_notice.flags"] = Offset<CrashNotice>(nameof(CrashNotice.Flags)),
        ["offsetof ch_crash_notice.pid"] = Offset<CrashNotice>(nameof(CrashNotice.ProcessId)),
        ["offsetof ch_crash_notice.tid"] = Offset<CrashNotice>(nameof(CrashNotice.ThreadId)),
        ["offsetof ch_crash_notice.signal"] = Offset<CrashNotice>(nameof(CrashNotice.Signal)),
        ["offsetof ch_crash_notice.code"] = Offset<CrashNotice>(nameof(CrashNotice.Code)),
        ["offsetof ch_crash_notice.fs_base"] = Offset<CrashNotice>(nameof(CrashNotice.FsBase)),
        ["offsetof ch_crash_notice.siginfo_address"] = Offset<CrashNotice>(nameof(CrashNotice.SigInfoAddress)),
        ["offsetof ch_crash_notice.ucontext_address"] = Offset<CrashNotice>(nameof(CrashNotice.UContextAddress)),
        ["offsetof ch_crash_notice.fpstate_address"] = Offset<CrashNotice>(nameof(CrashNotice.FpStateAddress)),
        ["offsetof ch_crash_notice.time"] = Offset<CrashNotice>(nameof(CrashNotice.Time)),
        ["offsetof ch_crash_notice.siginfo"] = CrashNotice.SigInfoOffset,
        ["offsetof ch_crash_notice.ucontext"] = CrashNotice.UContextOffset,
        ["offsetof ch_crash_notice.fxsave"] = CrashNotice.FxSaveOffset,
        ["sizeof ch_windows_notice"] = (ulong)Unsafe.SizeOf<WindowsCrashNotice>(),
        ["offsetof ch_windows_notice.size"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.SizeField)),
        ["offsetof ch_windows_notice.flags"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.Flags)),
        ["offsetof ch_windows_notice.pid"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ProcessId)),
        ["offsetof ch_windows_notice.tid"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ThreadId)),
        ["offsetof ch_windows_notice.exception_code"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ExceptionCode)),
        ["offsetof ch_windows_notice.exception_flags"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ExceptionFlags)),
        ["offsetof ch_windows_notice.exception_address"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ExceptionAddress)),
        ["offsetof ch_windows_notice.pointers_address"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.PointersAddress)),
        ["offsetof ch_windows_notice.time"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.Time)),
        ["offsetof ch_windows_notice.parameter_count"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.ParameterCount)),
        ["offsetof ch_windows_notice.parameters"] = Offset<WindowsCrashNotice>(nameof(WindowsCrashNotice.Parameter0)),
        ["sizeof ch_handed_over"] = (ulong)Unsafe.SizeOf<HandedOverPayload>(),
        ["offsetof ch_handed_over.mem_error"] = Offset<HandedOverPayload>(nameof(HandedOverPayload.MemoryError)),
        ["offsetof ch_handed_over.maps_error"] = Offset<HandedOverPayload>(nameof(HandedOverPayload.MapsError)),
        ["offsetof ch_handed_over.auxv_error"] = Offset<HandedOverPayload>(nameof(HandedOverPayload.AuxiliaryVectorError)),
        ["sizeof ch_block_header"] = RegistrationBlock.HeaderSize,
        ["offsetof ch_block_header.magic"] = 0,
        ["offsetof ch_block_header.version"] = 4,
        ["offsetof ch_block_header.header_size"] = 6,
        ["offsetof ch_block_header.capacity"] = 8,
        ["offsetof ch_block_header.current"] = RegistrationBlock.CurrentOffset,
    };

    [Fact]
    public void EverySizeOffsetAndValueOfTheHeaderEqualsCSharp()
    {
        Dictionary<string, ulong> c = CSide.Value
            .Where(line => !line.Key.StartsWith("hex ", StringComparison.Ordinal) && !line.Key.StartsWith("CH_ENV_", StringComparison.Ordinal))
            .ToDictionary(line => line.Key, line => ulong.Parse(line.Value, CultureInfo.InvariantCulture));

        Assert.Equal(SharpSide.OrderBy(line => line.Key, StringComparer.Ordinal), c.OrderBy(line => line.Key, StringComparer.Ordinal));
        Assert.Equal(EnvironmentNames.Pipe, CSide.Value["CH_ENV_PIPE"]);
        Assert.Equal(EnvironmentNames.Path, CSide.Value["CH_ENV_PATH"]);
    }

    [Fact]
    public void EveryFrameTypeOfCSharpIsInTheHeader()
    {
        string[] names = [.. Enum.GetNames<FrameType>().Select(name => "CH_FRAME_" + UpperSnake(name))];

        Assert.All(names, name => Assert.Contains(name, CSide.Value.Keys));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("register")]
    [InlineData("handed_over")]
    [InlineData("block_header")]
    [InlineData("notice")]
    [InlineData("windows_notice")]
    public void CEncodesTheGoldenBytes(string name) => Assert.Equal(Golden(name), Convert.FromHexString(CSide.Value["hex " + name]));

    [Fact]
    public void CSharpEncodesTheGoldenHello() => Assert.Equal(
        Golden("hello"),
        FrameHeader.Frame(FrameType.Hello, new HelloPayload(ConnectionRole.Crash, Hooks.Signals | Hooks.Abort, 7, 9).ToBytes()));

    [Fact]
    public void CSharpEncodesTheGoldenRegister() => Assert.Equal(
        Golden("register"),
        FrameHeader.Frame(
            FrameType.Register,
            new RegisterPayload(Hooks.Stage2 | Hooks.Signals, RegisterOptions.IgnoreSystemCrashHandler, 60_000).ToBytes(),
            request: 3));

    [Fact]
    public void CSharpEncodesTheGoldenHandedOver() => Assert.Equal(
        Golden("handed_over"),
        FrameHeader.Frame(FrameType.HandedOver, new HandedOverPayload(memoryError: 13, mapsError: 0, auxiliaryVectorError: 2).ToBytes()));

    [Fact]
    public void CSharpWritesAndReadsTheGoldenBlockHeader()
    {
        byte[] header = new byte[RegistrationBlock.HeaderSize];
        RegistrationBlock.Initialize(header);
        header[RegistrationBlock.CurrentOffset] = 3;

        Assert.Equal(Golden("block_header"), header);
        Assert.Equal(RegistrationBlock.Copy1, RegistrationBlock.Locate(Golden("block_header"), out ulong generation));
        Assert.Equal(1ul, generation);
    }

    [Fact]
    public void CSharpReadsTheGoldenNotice()
    {
        byte[] payload = Golden("notice");
        CrashNotice notice = CrashNotice.Parse(payload);

        Assert.Equal((NoticeFlags.GetContext, 2, 3, 4, 5), (notice.Flags, notice.ProcessId, notice.ThreadId, notice.Signal, notice.Code));
        Assert.Equal((6ul, 7ul, 8ul, 9ul, 10L), (notice.FsBase, notice.SigInfoAddress, notice.UContextAddress, notice.FpStateAddress, notice.Time));
        Assert.Equal((11, 12, 13), (payload[CrashNotice.SigInfoOffset], payload[CrashNotice.UContextOffset], payload[CrashNotice.FxSaveOffset]));
    }

    [Fact]
    public void CSharpReadsTheGoldenWindowsNotice()
    {
        WindowsCrashNotice notice = WindowsCrashNotice.Parse(Golden("windows_notice"));

        Assert.Equal((NoticeFlags.DotNet | NoticeFlags.FailFast, 2, 3), (notice.Flags, notice.ProcessId, notice.ThreadId));
        Assert.Equal((4u, 5u, 6ul, 7ul, 8L), (notice.ExceptionCode, notice.ExceptionFlags, notice.ExceptionAddress, notice.PointersAddress, notice.Time));
        Assert.Equal((3u, 9ul, 10ul, 11ul, 0ul), (notice.ParameterCount, notice.Parameter0, notice.Parameter1, notice.Parameter2, notice.Parameter3));
    }

    private static ulong Offset<T>(string field) => (ulong)Marshal.OffsetOf<T>(field);

    private static string UpperSnake(string name) =>
        string.Concat(name.Select((letter, index) => index > 0 && char.IsUpper(letter) ? "_" + letter : char.ToUpperInvariant(letter).ToString()));

    private static byte[] Golden(string name) => Convert.FromHexString(
        File.ReadAllText(Path.Combine(NativeBuild.Repository, "tests", "Protocol", "golden", name + ".hex")).ReplaceLineEndings(""));

    /// <summary>Each line is a name, which may hold one space, and a value.</summary>
    private static Dictionary<string, string> ReadCSide()
    {
        using Process process = Process.Start(new ProcessStartInfo(NativeBuild.Golden) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.ToDictionary(line => line[..line.LastIndexOf(' ')], line => line[(line.LastIndexOf(' ') + 1)..]);
    }
}
