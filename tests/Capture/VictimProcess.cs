using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>A running victim that has faulted and waits.</summary>
internal sealed class VictimProcess : IDisposable
{
    public const ulong Marker = 0x5ca1ab1e00000000;
    public const ulong CrashMarker = 0x5ca1ab1edeadbeef;

    /// <summary>In a local variable of the function that faults.</summary>
    public const string StackSecret = "stack-s3cret-0123456789-abcdefghijklmn";

    /// <summary>In the heap, where a local variable of that function points.</summary>
    public const string HeapSecret = "heap-s3cret-0123456789-abcdefghijklmn";

    /// <summary>In its data, where it jumps to in mode <c>datacall</c>.</summary>
    public const string DataSecret = "data-s3cret-0123456789-abcdefghijklmn";

    /// <summary>In its environment.</summary>
    public const string EnvironmentSecret = "environment-s3cret-0123456789";

    private VictimProcess(Process process) => Process = process;

    /// <summary>What was started: the victim, or the tool that started it.</summary>
    public Process Process { get; }

    /// <summary>The victim's pid as the tests see it.</summary>
    public int Pid { get; private set; }

    /// <summary>The victim's pid as it sees itself.</summary>
    public int InnerPid { get; private set; }

    public List<VictimThread> Threads { get; } = [];
    public ulong FaultStart { get; private set; }
    public ulong FaultEnd { get; private set; }

    /// <summary>In mode vfork: the child that the first thread waits for; else 0.</summary>
    public int ChildPid { get; private set; }

    public byte[] Notice { get; private set; } = [];

    public CaptureRequest Request => new() { ProcessId = Pid, StartTime = ProcStat.ReadStartTime(Pid), Notice = Notice };

    /// <summary>Starts a victim and waits for its fault.</summary>
    public static VictimProcess Start(VictimProgram program, int threads, string mode = "segv", params string[] prefix)
    {
        string[] command = [.. prefix, program.Path, threads.ToString(CultureInfo.InvariantCulture), mode];
        VictimProcess victim = new(Launch(command));
        try
        {
            victim.ReadUntilNotice();
            victim.Pid = prefix.Length == 0 ? victim.Process.Id : OnlyChild(victim.Process.Id);
            return victim;
        }
        catch
        {
            victim.Dispose();
            throw;
        }
    }

    /// <summary>Starts another process that traces every thread of this one.</summary>
    public Process StartTracer(VictimProgram program)
    {
        Process tracer = Launch([program.Path, "0", "trace", Pid.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal("tracing", tracer.StandardOutput.ReadLine());
        return tracer;
    }

    /// <summary>What the threads have counted so far; the reporting thread answers.</summary>
    public uint[] AskCounters() => [.. Ask('c', "counters").Select(word => uint.Parse(word, CultureInfo.InvariantCulture))];

    /// <summary>How many real-time signals were handled.</summary>
    public int AskReceived() => int.Parse(Ask('s', "received")[0], CultureInfo.InvariantCulture);

    /// <summary>Asks until every thread has counted on.</summary>
    public void AssertEveryThreadRuns()
    {
        uint[] before = AskCounters();
        Stopwatch clock = Stopwatch.StartNew();
        while (!AskCounters().Zip(before).All(pair => pair.First > pair.Second))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "a thread does not run again");
        }
    }

    /// <summary>The state letter of a thread.</summary>
    public char StateOf(int tid) => ProcStat.Read($"/proc/{Pid}/task/{tid}/stat").State;

    public void Dispose()
    {
        Process.StandardInput.Close();
        if (!Process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            Process.Kill(entireProcessTree: true);
            Process.WaitForExit();
        }

        Process.Dispose();
    }

    private static Process Launch(string[] command)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PASSWORD"] = EnvironmentSecret;
        return Process.Start(start)!;
    }

    private static int OnlyChild(int pid)
        => int.Parse(File.ReadAllText($"/proc/{pid}/task/{pid}/children").Trim(), CultureInfo.InvariantCulture);

    private void ReadUntilNotice()
    {
        while (Notice.Length == 0)
        {
            string line = Process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the victim ended before its fault");
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "pid":
                    InnerPid = int.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                case "fault":
                    FaultStart = ulong.Parse(words[1], CultureInfo.InvariantCulture);
                    FaultEnd = ulong.Parse(words[2], CultureInfo.InvariantCulture);
                    break;
                case "thread":
                    Threads.Add(new VictimThread(
                        int.Parse(words[1], CultureInfo.InvariantCulture),
                        int.Parse(words[2], CultureInfo.InvariantCulture),
                        ulong.Parse(words[3], CultureInfo.InvariantCulture),
                        Convert.ToUInt64(words[4], 16)));
                    break;
                case "child":
                    ChildPid = int.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                case "notice":
                    Notice = Convert.FromHexString(words[1]);
                    break;
            }
        }
    }

    private string[] Ask(char command, string key)
    {
        Process.StandardInput.Write(command);
        Process.StandardInput.Flush();
        string[] words = (Process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the victim ended")).Split(' ');
        Assert.Equal(key, words[0]);
        return words[1..];
    }
}
