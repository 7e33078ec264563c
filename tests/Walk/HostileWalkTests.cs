using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Walk;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Walk;

/// <summary>
/// A real handler and victims, and every kind of walk, good and bad: each costs the report its stacks at most, within the limit, says why, and leaves neither a process
/// nor a descriptor nor memory behind.
/// </summary>
public sealed class HostileWalkTests : IDisposable
{
    private const int SegmentationFault = 128 + 11;

    // A walk's limit, and time for all else on a machine that runs other tests, too.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(9);

    private readonly Sandbox _sandbox = new(Identities.User);

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("VALID", "fake!valid", null)]
    [InlineData("FORKS", "fake!forks", null)]
    [InlineData("GOES_ON", "fake!goes on", null)]
    [InlineData("NOTHING", null, "crash-handler-walk: it said nothing")]
    [InlineData("GARBAGE", null, "crash-handler-walk: its answer is no document, at byte 0 of 19: 'S' is an invalid start of a value")]
    [InlineData("HALF", null, "crash-handler-walk: its answer is no document, at byte 25 of 26: Expected end of string, but instead reached end of data")]
    [InlineData("ENDLESS", null, "crash-handler-walk: its answer has more than 16777216 bytes")]
    [InlineData("SPINS", null, "crash-handler-walk: it gave no answer within 5 s")]
    [InlineData("DEAF", null, "crash-handler-walk: it gave no answer within 5 s")]
    [InlineData("CRASHES", null, "crash-handler-walk: it was killed by SIGSEGV")]
    [InlineData("EXITS", null, "crash-handler-walk: it ended with exit status 3")]
    [InlineData("NEWER", null, "crash-handler-walk: its answer is no document, at byte 42 of 42: version 2 instead of 1")]
    [InlineData("TALKS", null, "crash-handler-walk: its answer is no document, at byte 57 of 71: half a character")]
    public void Each_costs_the_stacks_at_most(string mode, string? signature, string? problem)
    {
        string walk = Compile(mode);
        Handler handler = new(_sandbox, walk);

        TimeSpan elapsed = handler.Die();

        TestContext.Current.TestOutputHelper?.WriteLine($"{mode}: {elapsed.TotalMilliseconds:0} ms");
        Assert.InRange(elapsed, TimeSpan.Zero, s_limit);
        JsonElement record = Record();
        Assert.Equal(problem, Text(record, "managedProblem"));
        Assert.Equal(signature, Text(record, "signature"));
        Assert.Equal(problem is null ? "Walk" : "None", Text(record, "managedSource"));
        CheckDocument(record, signature, problem);
        JsonElement parameters = record.GetProperty("parameters");
        Assert.Equal((signature, signature is null ? null : "A.B", signature is null ? null : "it is so"),
            (Text(parameters, "signature"), Text(parameters, "exception.type"), Text(parameters, "exception.message")));
        Assert.Empty(Processes(walk));
        Assert.Empty(handler.Zombies());
    }

    [Theory]
    [InlineData("VALID")]
    [InlineData("FORKS")]
    [InlineData("ENDLESS")]
    [InlineData("CRASHES")]
    public void The_handler_closes_what_it_opened_and_gives_its_memory_back(string mode)
    {
        const int Deaths = 8;
        const long Growth = 4 << 20;
        Handler handler = new(_sandbox, Compile(mode));
        // What the first crash needs for good.
        handler.Die();
        int descriptors = handler.Descriptors();
        long resident = handler.ResidentBytes();

        for (int i = 0; i < Deaths; i++)
        {
            handler.Die();
        }

        _sandbox.Until(() => handler.Descriptors() <= descriptors ? "closed" : null, () => $"the handler's {handler.Descriptors()} descriptors to become {descriptors}");
        _sandbox.Until(() => handler.ResidentBytes() <= resident + Growth ? "small" : null, () => $"the handler's {handler.ResidentBytes()} bytes to be at most {Growth} more than {resident}");
    }

    /// <summary>Of the handler's own there is nothing in it: five descriptors at most, an empty environment, no signal blocked or ignored.</summary>
    [Fact]
    public void It_gets_what_it_needs_and_nothing_else()
    {
        Handler handler = new(_sandbox, Compile("TELLS"));

        handler.Die();

        Assert.Equal("0 1 2 3 cwd=/ environment=0 signals=0 core=0 request=CHWR memory=-1 leads=1", Text(Record(), "signature"));
    }

    [Fact]
    public void One_that_is_missing_is_named()
    {
        string missing = _sandbox.PathOf("nowhere");
        Handler handler = new(_sandbox, missing);

        handler.Die();

        Assert.Equal($"crash-handler-walk: posix_spawn {missing}: No such file or directory (errno 2); it belongs beside crash-handler: install the package whole", Text(Record(), "managedProblem"));
    }

    /// <summary>Each hangs for all of its five seconds: those that die with it wait for a part of theirs, and none longer than its client does.</summary>
    [Fact]
    public void Many_that_hang_at_once_hold_nobody_for_long()
    {
        const int Victims = 12;
        Handler handler = new(_sandbox, Compile("SPINS"));
        RunningProcess[] victims = [.. Enumerable.Range(0, Victims).Select(_ => handler.StartVictim())];
        long began = Stopwatch.GetTimestamp();

        foreach (RunningProcess victim in victims)
        {
            victim.WriteLine("die");
        }

        Assert.All(victims, victim => Assert.Equal(SegmentationFault, victim.Finish().ExitCode));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Victims} hanging walks: {elapsed.TotalSeconds:0.0} s");
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(27));
        Assert.Equal(Victims, _sandbox.Reports().Count);
        Assert.Empty(handler.Zombies());
    }

    /// <summary>With its handler killed, the victim's single-shot one makes the report, and the walk is nobody's zombie for long.</summary>
    [Theory]
    [InlineData(nameof(WalkStep.WalkBegins))]
    [InlineData(nameof(WalkStep.WalkRuns))]
    [InlineData(nameof(WalkStep.WalkEnded))]
    public void A_handler_that_is_killed_around_it_leaves_a_whole_report(string step)
    {
        Handler handler = new(_sandbox, Compile("VALID"), $"kill:{step}");

        handler.Die();

        JsonElement record = Record();
        Assert.Equal("SIGSEGV /SEGV_MAPERR", Text(record, "reason"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_sandbox.Database, "new")));
    }

    private string Compile(string mode) => _sandbox.CompileScript("fake_walk.c", $"-DMODE={mode}");

    private JsonElement Record()
    {
        string id = _sandbox.SingleReport().GetProperty("id").GetString()!;
        return JsonElement.Parse(File.ReadAllBytes(Path.Combine(_sandbox.Database, "pending", $"{id}.json")));
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    /// <summary>The file beside the record and the dump's stream are the same document, and every reader takes the dump.</summary>
    private void CheckDocument(JsonElement record, string? signature, string? problem)
    {
        string path = Path.Combine(_sandbox.Database, "pending", $"{Text(record, "id")}");
        byte[] file = File.ReadAllBytes($"{path}.managed.json");
        byte[] dump = File.ReadAllBytes($"{path}.dmp");
        MinidumpFile read = MinidumpFile.Read(dump);
        DumpStream stream = read.Streams.Single(one => one.Type == MinidumpStreamType.CrashHandlerStacks);
        Assert.Equal(file, dump[(int)stream.Offset..(int)(stream.Offset + stream.Size)]);
        Assert.All(read.Streams, one => Assert.Empty(one.Problems));
        Assert.Equal(dump.Length, record.GetProperty("dumpBytes").GetInt64());
        JsonElement document = JsonElement.Parse(file);
        Assert.Equal((signature, problem), (Text(document, "signature"), Text(document, "problem")));
        Assert.Contains("SIGSEGV", BreakpadTools.Stackwalk($"{path}.dmp").Output, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Processes(string program)
        => Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int pid) ? pid : 0)
            .Where(pid => pid != 0 && new FileInfo($"/proc/{pid}/exe").LinkTarget is { } target && target.StartsWith(program, StringComparison.Ordinal));

    private sealed class Handler
    {
        private readonly Sandbox _sandbox;
        private readonly RunningProcess _process;
        private readonly string _pipe;
        private readonly string _victim;

        public Handler(Sandbox sandbox, string walk, string? failAt = null)
        {
            _sandbox = sandbox;
            _pipe = Path.Combine(sandbox.RuntimeFolder, $"walks{HandlerAddress.Suffix}");
            _victim = sandbox.CompileScript("threads_and_fault.c", "-pthread");
            string[] fail = failAt is null ? [] : ["--fail-at", failAt];
            _process = sandbox.Start(TestPrograms.Shared.Handler, ["run", "--database", sandbox.Database, "--pipe", _pipe, "--persistent", "--walk", walk, .. fail]);
            sandbox.Until(() => File.Exists(_pipe) ? "listening" : null, () => "the handler to listen");
        }

        public RunningProcess StartVictim()
        {
            RunningProcess victim = _sandbox.Start("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={_pipe}", _victim);
            victim.ReadUntil("ready");
            return victim;
        }

        /// <summary>One victim's death, until it is reaped.</summary>
        public TimeSpan Die()
        {
            RunningProcess victim = StartVictim();
            long began = Stopwatch.GetTimestamp();
            victim.WriteLine("die");
            Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
            return Stopwatch.GetElapsedTime(began);
        }

        public int Descriptors() => int.Parse(_sandbox.Run("sh", "-c", $"ls /proc/{_process.Pid}/fd | wc -l").Output);

        public long ResidentBytes()
            => long.Parse(File.ReadLines($"/proc/{_process.Pid}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;

        /// <summary>Children of the handler that nobody has reaped.</summary>
        public IEnumerable<string> Zombies()
            => Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(Stat)
                .Where(stat => stat.Length > 0 && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [_, var parent, ..] && parent == $"{_process.Pid}");

        private static string Stat(string folder)
        {
            try
            {
                return File.ReadAllText($"{folder}/stat");
            }
            catch (IOException)
            {
                // It ended between the listing and the look.
                return "";
            }
        }
    }
}
