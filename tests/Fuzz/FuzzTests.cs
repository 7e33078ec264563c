using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Soak;
using Xunit;

namespace CrashHandler.Tests.Fuzz;

/// <summary>Frames and registration blocks, structured and random, against the real handler: it goes on as if nothing had been.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Seed = 20_250_801;

    [Fact]
    public void NoFrameHarmsTheHandler() => FuzzConnections(Seed, FuzzLimits.Frames * (FuzzLimits.BlockPart - 1) / FuzzLimits.BlockPart);

    [Fact]
    public void NoBlockHarmsItsReader() => FuzzBlocks(Seed, FuzzLimits.Frames / FuzzLimits.BlockPart);

    [Fact(Explicit = true)]
    public void NothingHarmsTheHandlerSoak()
    {
        int count = SoakLimits.Count(FuzzLimits.SoakFrames), seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        FuzzBlocks(seed, count / FuzzLimits.BlockPart);
        FuzzConnections(seed, count - (count / FuzzLimits.BlockPart));
    }

    private void FuzzBlocks(int seed, int count)
    {
        Random random = new(seed);
        int read = 0, descriptors = Directory.GetFiles("/proc/self/fd").Length;
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            try
            {
                // In turn through a descriptor as the handler has it, and the bytes alone.
                if (i % 4 == 0)
                {
                    using FileDescriptor memfd = FuzzedBlock.Memfd(random);
                    using RegistrationReader reader = new(memfd);
                    using RegistrationReader another = reader.Duplicate();
                    AssertWithinLimits(another.Read());
                }
                else
                {
                    AssertWithinLimits(RegistrationBlock.Decode(FuzzedBlock.Copy(random)));
                }

                read++;
            }
            catch (MalformedFrameException)
            {
                // What else it throws is a fault.
            }
        }

        output.WriteLine($"{count} blocks, {read} of them read, {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(read, count / 20, count - (count / 20));
        Assert.True(Directory.GetFiles("/proc/self/fd").Length < descriptors + 100, "descriptors stay open");
    }

    private static void AssertWithinLimits(Registration registration)
    {
        Assert.InRange(registration.Fields.Count, 0, ProtocolLimits.MaxFields);
        Assert.InRange(registration.Parameters.Count, 0, ProtocolLimits.MaxParameters);
    }

    private void FuzzConnections(int seed, int count)
    {
        using Sandbox sandbox = new(Identities.Own);
        string lender = sandbox.CompileScript("lend_connections.c"), victim = sandbox.CompileScript("fault.c");
        RunningProcess handler = sandbox.Start(
            "env", $"DOTNET_GCHeapHardLimit=0x{FuzzLimits.HeapBytes:x}", TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--persistent", "--ready-fd", "1");
        string[] ready = handler.ReadLine().Split(' ', 3);
        Assert.Equal("ready", ready[0]);
        string socket = ready[2];
        Crash(sandbox, socket, victim);
        (int descriptors, int threads) = sandbox.Until(() => Idle(handler.Pid), () => "the handler to be idle");
        int before = KiB(handler.Pid, "VmRSS:");

        Stopwatch watch = Stopwatch.StartNew();
        (int connections, int ended) = Send(sandbox, lender, socket, seed, count);
        double seconds = watch.Elapsed.TotalSeconds;

        Crash(sandbox, socket, victim);
        Assert.False(handler.HasExited);
        (int Descriptors, int Threads, int KiB) now = default;
        sandbox.Until(
            () => (now = (Count(handler.Pid, "fd"), Count(handler.Pid, "task"), KiB(handler.Pid, "VmRSS:"))) is var (fds, tasks, kib)
                && fds <= descriptors && tasks <= threads + FuzzLimits.Threads && kib <= before + FuzzLimits.GrowthKiB ? "back" : null,
            () => $"the handler to come back to {descriptors} descriptors, {threads} threads and {before} KiB; it has {now}");
        int peak = KiB(handler.Pid, "VmHWM:");
        string refusals = sandbox.HandlerStatus().GetProperty("refusals").GetRawText();
        output.WriteLine($"seed {seed}: {count} frames on {connections} connections, {ended} of them ended by the handler, {seconds:0.0} s; {sandbox.Reports().Count} reports; "
            + $"{refusals}; {before} KiB before, {now.KiB} after, {peak} at most; {now.Descriptors} descriptors, {now.Threads} threads");
        Assert.InRange(peak, 0, FuzzLimits.PeakKiB);
        AssertLog(sandbox);
    }

    private static (int Connections, int Ended) Send(Sandbox sandbox, string program, string socket, int seed, int count)
    {
        using FileDescriptor other = RawSocket.Duplicate(0);
        List<FuzzedClient> clients = [.. Enumerable.Range(0, FuzzLimits.Lenders).Select(_ => new FuzzedClient(sandbox, program, socket, other.Number))];
        int sent = 0, connections = 0, ended = 0;
        while (sent < count)
        {
            bool hasMoved = false;
            for (int i = 0; i < clients.Count; i++)
            {
                if (clients[i].IsOver)
                {
                    (connections, ended) = (connections + clients[i].Connections, ended + clients[i].Ended);
                    clients[i].Dispose();
                    clients[i] = new FuzzedClient(sandbox, program, socket, other.Number);
                }

                int now = clients[i].Step(() => seed++);
                hasMoved |= now > 0;
                sent += now;
            }

            if (!hasMoved)
            {
                clients[0].Wait();
            }
        }

        foreach (FuzzedClient client in clients)
        {
            (connections, ended) = (connections + client.Connections, ended + client.Ended);
            client.Dispose();
        }

        return (connections, ended);
    }

    /// <summary>An ordinary program dies of a fault, and there is a report of it.</summary>
    private static void Crash(Sandbox sandbox, string socket, string victim)
    {
        int pid = sandbox.Run("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={socket}", $"CRASH_HANDLER_PATH={TestPrograms.Shared.Handler}", victim).Pid;
        Assert.Single(sandbox.Reports(), report => report.GetProperty("pid").GetInt32() == pid);
    }

    private static (int, int)? Now(int pid) => (Count(pid, "fd"), Count(pid, "task"));

    private static Tuple<int, int>? Idle(int pid)
    {
        // Twice the same, a while apart.
        (int, int)? first = Now(pid);
        Thread.Sleep(EndToEndLimits.Poll * 25);
        return Now(pid) == first ? Tuple.Create(first!.Value.Item1, first.Value.Item2) : null;
    }

    private static int Count(int pid, string folder) => Directory.GetFileSystemEntries($"/proc/{pid}/{folder}").Length;

    private static int KiB(int pid, string field)
        => int.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static void AssertLog(Sandbox sandbox)
    {
        FileInfo[] logs = [.. new DirectoryInfo(sandbox.Database).GetFiles("handler.log*")];
        Assert.InRange(logs.Sum(log => log.Length), 1, FuzzLimits.LogBytes);
        string[] faults = [.. logs.SelectMany(log => File.ReadLines(log.FullName)).Where(line => line.Contains("fault of this handler", StringComparison.Ordinal) || line.Contains(" ERR ", StringComparison.Ordinal))];
        Assert.Empty(faults);
        // Whatever was sent, no line of it stands in the log as the handler's own would.
        Assert.All(logs.SelectMany(log => File.ReadLines(log.FullName)), line => Assert.NotNull(LogLine.Parse(line).Time));
    }
}
