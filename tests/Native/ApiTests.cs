using System.Runtime.InteropServices;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>The exported functions, against a handler that answers, one that does not, and none.</summary>
[Collection(ShimCollection.Name)]
public sealed partial class ApiTests
{
    private const int NoEntry = 2;
    private const int NameTooLong = 36;
    private const int MessageTooLong = 90;
    private const int ConnectionReset = 104;
    private const int SealSealShrinkGrow = 1 | 2 | 4;
    private const int GetSeals = 1034;

    [Fact]
    public void TheVersionIsTheProtocols() => Assert.Equal(FrameHeader.ExpectedVersion, Shim.Version());

    [Fact]
    public void ConnectSaysHelloTwiceAndGivesTheWholeWelcome()
    {
        using FakeHandler handler = new();
        byte[] welcome = new byte[1_024];
        Shim.Outcome outcome = Shim.Connect(handler.Address, welcome, out int length);

        Assert.Equal((0, "", Environment.ProcessId), (outcome.Error, outcome.Message, outcome.HandlerProcessId));
        Assert.Equal(FakeHandler.Welcome, Welcome.Parse(welcome.AsSpan(0, length)));
        Assert.Equal([ConnectionRole.Control, ConnectionRole.Crash], handler.Hellos.Select(hello => hello.Role));
        Assert.All(handler.Hellos, hello => Assert.Equal(Environment.ProcessId, hello.ProcessId));
    }

    [Fact]
    public void NoHandlerIsSaidWithAdvice()
    {
        Shim.Outcome outcome = Shim.Connect("/nowhere/at/all.sock", [], out _);

        Assert.Equal(NoEntry, outcome.Error);
        Assert.Contains("/nowhere/at/all.sock", outcome.Message, StringComparison.Ordinal);
        Assert.Contains("no handler listens there", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALongAddressIsSaidWithItsLimit()
    {
        Shim.Outcome outcome = Shim.Connect("/" + new string('a', 107), [], out _);

        Assert.Equal(NameTooLong, outcome.Error);
        Assert.Contains("107 bytes", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void TheBlockIsSealedHasItsHeaderAndIsAlwaysTheSame()
    {
        Assert.Equal(0, Shim.Block(out nint first).Error);
        Assert.Equal(0, Shim.Block(out nint second).Error);
        Span<byte> block = new((void*)first, RegistrationBlock.Size);

        Assert.Equal(first, second);
        Assert.Equal(RegistrationBlock.Copy0, RegistrationBlock.Locate(block, out _));
        block[^1] = 1;
        block[^1] = 0;
        int descriptor = int.Parse(Assert.Single(
            Directory.GetFiles("/proc/self/fd"),
            name => new FileInfo(name).LinkTarget?.StartsWith("/memfd:crash-handler", StringComparison.Ordinal) == true).Split('/')[^1]);
        Assert.Equal(SealSealShrinkGrow, Fcntl(descriptor, GetSeals));
    }

    [Fact]
    public void RegisterSendsHooksAndOptions()
    {
        using FakeHandler handler = new();
        Assert.Equal(0, Shim.Connect(handler.Address, new byte[1_024], out _).Error);
        Shim.Outcome outcome = Shim.Register((uint)RegisterOptions.IgnoreSystemCrashHandler, 60_000);

        Assert.Equal((0, ""), (outcome.Error, outcome.Message));
        RegisterPayload registration = Assert.Single(handler.Registrations);
        Assert.Equal((RegisterOptions.IgnoreSystemCrashHandler, 60_000u), (registration.Options, registration.HoldMilliseconds));
        Assert.True(registration.Hooks.HasFlag(Hooks.DotNet | Hooks.Fork), registration.Hooks.ToString());
        Assert.Equal((uint)registration.Hooks, outcome.Hooks);
    }

    [Fact]
    public void AnswersOfSeveralFramesAreReadOneByOne()
    {
        using FakeHandler handler = new();
        Assert.Equal(0, Shim.Connect(handler.Address, new byte[1_024], out _).Error);

        Assert.Equal(0, Shim.Request((ushort)FrameType.ListUploaded, [], 64, out ushort type, out byte[] body).Error);
        Assert.Equal(((ushort)FrameType.UploadedReport, (byte)'a'), (type, body[8]));
        Assert.Equal(0, Shim.Request(0, [], 64, out type, out body).Error);
        Assert.Equal(((ushort)FrameType.UploadedReport, (byte)'b'), (type, body[8]));
        Assert.Equal(0, Shim.Request(0, [], 64, out type, out body).Error);
        Assert.Equal(((ushort)FrameType.Done, 0), (type, body.Length));
    }

    [Fact]
    public void AFailedFrameIsAnAnswer()
    {
        using FakeHandler handler = new();
        Assert.Equal(0, Shim.Connect(handler.Address, new byte[1_024], out _).Error);
        Shim.Outcome outcome = Shim.Request((ushort)FrameType.SetUploads, [1], 64, out ushort type, out byte[] body);

        Assert.Equal((0, (ushort)FrameType.Failed), (outcome.Error, type));
        Assert.Equal("disk full"u8, body);
    }

    [Fact]
    public void AnAnswerTooLongForTheBufferIsSaid()
    {
        using FakeHandler handler = new();
        Assert.Equal(0, Shim.Connect(handler.Address, new byte[1_024], out _).Error);
        Shim.Outcome outcome = Shim.Request((ushort)FrameType.SetUploads, [1], 4, out _, out _);

        Assert.Equal(MessageTooLong, outcome.Error);
        Assert.Contains("too long", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALostHandlerIsSaidAndAnotherOneCanBeConnected()
    {
        FakeHandler lost = new();
        Assert.Equal(0, Shim.Connect(lost.Address, new byte[1_024], out _).Error);
        lost.Dispose();
        Shim.Outcome outcome = Shim.Request((ushort)FrameType.GetUploads, [], 64, out _, out _);
        Assert.True(outcome.Error is ConnectionReset or 32, outcome.Message);
        Assert.Contains("the handler is gone", outcome.Message, StringComparison.Ordinal);

        using FakeHandler next = new();
        Assert.Equal(0, Shim.Connect(next.Address, new byte[1_024], out _).Error);
        Assert.Equal(0, Shim.Register(0).Error);
        Assert.Equal(0, Shim.Notify((ushort)FrameType.BlockChanged).Error);
        Assert.Single(next.Registrations);
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(int descriptor, int command);
}
