using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary><c>crash_handler_wait</c>: it ends with the handler, with another connection, and never by mistake.</summary>
[Collection(ShimCollection.Name)]
public sealed partial class WaitTests
{
    private const int NotConnected = 107;
    private const int Canceled = 125;
    private const int FirstOfOurDescriptors = 200;
    private const string PollSystemCall = "7 "; // x86-64

    [Fact]
    public void TheHandlersEndIsSeen()
    {
        FakeHandler handler = new();
        Connect(handler);
        Task<Shim.Outcome> wait = Waiting();

        handler.Dispose();

        Assert.Equal(0, Ended(wait).Error);
        Assert.Equal(0, Shim.Wait().Error);
    }

    [Fact]
    public void AnotherConnectionIsSeenAndEndsTheFormerHandlersToo()
    {
        using FakeHandler first = new();
        using FakeHandler second = new();
        Connect(first);
        Task<Shim.Outcome> wait = Waiting();

        Connect(second);

        Assert.Equal(Canceled, Ended(wait).Error);
        Assert.True(SpinWait.SpinUntil(() => first.EndedConnections == 2, TimeSpan.FromSeconds(30)), $"{first.EndedConnections} of the former handler's connections ended");
        Assert.Equal(0, second.EndedConnections);
    }

    [Fact]
    public void ADescriptorThatTheProgramClosedIsNeverUsedAgain()
    {
        using FakeHandler handler = new();
        Connect(handler);
        // What a daemon does that closes all it does not know, and then opens files of its own. Tests beside this one have sockets as well.
        int[] ours = [.. Numbers().Where(number => number >= FirstOfOurDescriptors && IsConnectedTo(number, handler.Address))];
        Assert.Equal(2, ours.Length);
        string path = Path.GetTempFileName();
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
        foreach (int number in ours)
        {
            Assert.Equal(number, Duplicate((int)file.SafeFileHandle.DangerousGetHandle(), number));
        }

        Assert.Equal(0, Shim.Wait().Error);
        Assert.Equal(NotConnected, Shim.Request((ushort)FrameType.GetUploads, [], 64, out _, out _).Error);
        Assert.Equal(NotConnected, Shim.Notify((ushort)FrameType.BlockChanged).Error);
        Connect(handler);
        Assert.Equal(0, Shim.Notify((ushort)FrameType.BlockChanged).Error);

        Assert.All(ours, number => Assert.Equal(path, new FileInfo($"/proc/self/fd/{number}").LinkTarget));
        Assert.All(ours, number => Assert.Equal(0, Close(number)));
    }

    [Fact]
    public void NoDescriptorIsLeftBehind()
    {
        using FakeHandler first = new();
        using FakeHandler second = new();
        Connect(first);
        int[] counts = [.. Enumerable.Range(0, 100).Select(i =>
        {
            Task<Shim.Outcome> wait = Waiting();
            Connect(i % 2 == 0 ? second : first);
            Assert.Equal(Canceled, Ended(wait).Error);
            return OursOpen();
        })];

        // Other tests of this process open and close dozens of their own meanwhile; one left behind in each round would be a hundred.
        Assert.InRange(counts[^1], 0, counts.Min() + (counts.Length / 2));
    }

    private static void Connect(FakeHandler handler)
    {
        Shim.Outcome outcome = Shim.Connect(handler.Address, new byte[1_024], out _);
        Assert.True(outcome.Error == 0, outcome.Message);
    }

    /// <summary>A wait that has begun: its thread stands in the kernel's poll.</summary>
    private static Task<Shim.Outcome> Waiting()
    {
        int thread = 0;
        Task<Shim.Outcome> wait = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref thread, ThreadId());
                return Shim.Wait();
            },
            TaskCreationOptions.LongRunning);
        Assert.True(SpinWait.SpinUntil(() => wait.IsCompleted || (Volatile.Read(ref thread) is int id and not 0 && IsInPoll(id)), TimeSpan.FromSeconds(30)));
        return wait;
    }

    private static bool IsInPoll(int thread) => File.ReadAllText($"/proc/self/task/{thread}/syscall").StartsWith(PollSystemCall, StringComparison.Ordinal);

    private static Shim.Outcome Ended(Task<Shim.Outcome> wait)
    {
        Assert.True(wait.Wait(TimeSpan.FromSeconds(30)), "the wait goes on");
        return wait.Result;
    }

    private static int OursOpen() => Numbers().Count(number => number >= FirstOfOurDescriptors);

    private static IEnumerable<int> Numbers() => Directory.GetFiles("/proc/self/fd").Select(name => int.Parse(Path.GetFileName(name)));

    private static bool IsConnectedTo(int number, string address)
    {
        // sockaddr_un of unix(7): the family, then a path of at most 108 bytes.
        Span<byte> peer = stackalloc byte[2 + 108];
        uint length = (uint)peer.Length;
        return PeerName(number, ref peer[0], ref length) == 0 && length > 2 && Encoding.UTF8.GetString(peer[2..(int)length]).TrimEnd('\0') == address;
    }

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static partial int PeerName(int socket, ref byte name, ref uint length);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int number);
}
