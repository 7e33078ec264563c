using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Daemon;
using CrashHandler.Tests.Contract;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Native;
using Xunit;

namespace CrashHandler.Tests.Soak;

/// <summary>
/// An application of which many processes crash, while its handler is killed, its server misbehaves, and its disk is full twice. Its main process lives on, and so starts the handler again.
/// </summary>
internal sealed partial class CrashSoak : IDisposable
{
    private const int SIGKILL = 9;

    // Of everything a server may do, with some that takes the report.
    private const string Answers = "accept,error,slow:1,drop,unavailable,accept-sentry,cut,malformed,rate-limited:1,accept,unauthorized";

    // The handler keeps 128 MiB of reports.
    private const string DiskSize = "size=256m,mode=700";
    private const int FillerBytes = 1 << 20;

    // Of all crashes: as many happen while the disk is full, twice.
    private const int FullPart = 16;

    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    private readonly Sandbox _sandbox = new(Identities.Own);
    private readonly ConcurrentBag<SoakDeath> _deaths = [];
    private readonly ConcurrentBag<string> _troubles = [];
    private readonly ManualResetEventSlim _mayKill = new();
    private readonly ManualResetEventSlim _isOver = new();
    private readonly Application _application;
    private readonly string _address;
    private readonly string _watched;
    private readonly IReadOnlyList<SoakVictim> _victims;
    private readonly bool _isMounted;
    private int _begun;

    public CrashSoak()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory(_sandbox.Database);
            ProcessResult mount = _sandbox.Run("mount", "-t", "tmpfs", "-o", DiskSize, "crash-soak", _sandbox.Database);
            _isMounted = mount.ExitCode == 0 ? true : throw new InvalidOperationException($"mount: {mount.Error}");
        }

        EndToEnd.Collector collector = _sandbox.StartCollector("--play", Answers);
        _application = new Application(_sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler));
        _application.Start(new CrashReporterOptions { CompanyName = "Soak", SubmitUrl = collector.Url, CrashesDirectory = _sandbox.Database, UploadToServer = true });
        _address = _sandbox.HandlerStatus().GetProperty("address").GetString()!;
        _watched = _sandbox.PathOf("watched.jsonl");
        _sandbox.Start("sh", "-c", "exec \"$0\" reports watch --database \"$1\" --json >\"$2\"", TestPrograms.Shared.Handler, _sandbox.Database, _watched);
        string native = _sandbox.PathOf("native-victim");
        File.Copy(NativeBuild.Victim, native);
        string[] arguments = ["--role", "main", "--tolerant", "--database", _sandbox.Database, "--handler", TestPrograms.Shared.Handler, "--url", collector.Url];
        _victims = SoakVictim.All(native, arguments);
    }

    /// <summary>How often the handler was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>How often the disk was full.</summary>
    public int Fills { get; private set; }

    /// <summary>Who died.</summary>
    public IReadOnlyCollection<SoakDeath> Deaths => _deaths;

    /// <summary>What the soak itself could not do.</summary>
    public IReadOnlyCollection<string> Troubles => _troubles;

    /// <summary>How many kinds of deaths there are.</summary>
    public int Kinds => _victims.Count;

    /// <summary>Exit codes of those that crash where there is no handler.</summary>
    public Dictionary<string, int> BareEnds()
        => _victims.ToDictionary(victim => victim.Name, victim => _sandbox.RunBesideOthers(victim.Command[0], victim.IsDotNet ? ["--kind", victim.Command[^1]] : victim.Command[1..]).ExitCode);

    /// <summary>Has one report made and sent, so that a handler that was busy is compared with one that was.</summary>
    public void WarmUp()
    {
        Crash(_victims[0]);
        _deaths.Clear();
        _sandbox.Until(() => Directory.GetFiles(Path.Combine(_sandbox.Folder, "store"), "*.json").Length > 0 ? "arrived" : null, () => "the first report to arrive");
    }

    /// <summary>Runs all.</summary>
    public void Run(int count)
    {
        Thread killer = Begin("kills", KillNowAndThen), filler = Begin("fills", () => FillTwice(count));
        _mayKill.Set();
        Thread[] crashing = [.. Enumerable.Range(0, SoakLimits.CrashingAtOnce).Select(i => Begin($"crashes {i}", () => CrashOneAfterTheOther(count)))];
        Array.ForEach(crashing, thread => thread.Join());
        _isOver.Set();
        killer.Join();
        filler.Join();
    }

    /// <summary>Pids of the processes that were reported, with the report's ids.</summary>
    public ILookup<int, string> Reported()
    {
        IEnumerable<JsonElement> listed = _sandbox.Reports();
        IEnumerable<JsonElement> watched = File.ReadAllLines(_watched).Select(line => JsonElement.Parse(line));
        // Retention may have removed some that were seen.
        return listed.Concat(watched).Select(report => (Pid: report.GetProperty("pid").GetInt32(), Id: report.GetProperty("id").GetString()!)).Distinct().ToLookup(report => report.Pid, report => report.Id);
    }

    /// <summary>Every line of the log.</summary>
    public string[] Log() => [.. Directory.GetFiles(_sandbox.Database, HandlerLog.FileName + "*").OrderDescending(StringComparer.Ordinal).SelectMany(File.ReadAllLines)];

    /// <summary>Pids of which the log says why there is no report, with what it says.</summary>
    public ILookup<int, string> Explained()
        => Log().Select(line => NoReport().Match(line)).Where(match => match.Success)
            .ToLookup(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match => match.Value);

    /// <summary>Stops the uploads, and waits until the handler of the application gives nothing more back: what it holds then.</summary>
    /// <returns>Descriptors, threads, and KiB of private memory.</returns>
    public (int Pid, int Descriptors, int Threads, int PrivateKiB) AtRest()
    {
        Assert.Equal(0, _sandbox.Handler("uploads", "pause", "--database", _sandbox.Database).ExitCode);
        // Asked once: who asks for the status gives it work, and is in its memory.
        int pid = _sandbox.HandlerPid();
        (int Pid, int Descriptors, int Threads, int PrivateKiB) least = Footprint(pid);
        long since = Stopwatch.GetTimestamp();
        _sandbox.Until(
            () =>
            {
                (int Pid, int Descriptors, int Threads, int PrivateKiB) now = Footprint(pid);
                if (now.Descriptors < least.Descriptors || now.Threads < least.Threads || now.PrivateKiB < least.PrivateKiB)
                {
                    (least, since) = (now, Stopwatch.GetTimestamp());
                }

                return Stopwatch.GetElapsedTime(since) > s_settled ? "settled" : null;
            },
            () => $"the handler to come to rest; it has {least}");
        Assert.Equal(0, _sandbox.Handler("uploads", "resume", "--database", _sandbox.Database).ExitCode);
        return least;
    }

    private (int Pid, int Descriptors, int Threads, int PrivateKiB) Footprint(int pid)
    {
        string dirty = File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal));
        return (pid, Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length, Directory.GetDirectories($"/proc/{pid}/task").Length,
            int.Parse(dirty.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _application.ExitLast();
        if (_isMounted)
        {
            _sandbox.Run("umount", "--lazy", _sandbox.Database);
        }

        _sandbox.Dispose();
        _mayKill.Dispose();
        _isOver.Dispose();
    }

    private Thread Begin(string name, Action action)
    {
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception trouble)
            {
                _troubles.Add($"{name}: {trouble}");
            }
        })
        { Name = name };
        thread.Start();
        return thread;
    }

    private void CrashOneAfterTheOther(int count)
    {
        for (int number; (number = Interlocked.Increment(ref _begun)) <= count;)
        {
            Crash(_victims[number % _victims.Count]);
            if (number >= count * 17 / 20)
            {
                // The last of them are one handler's, which must come to rest.
                _mayKill.Reset();
            }
        }
    }

    private void Crash(SoakVictim victim)
    {
        string[] shim = victim.IsDotNet ? [] : [$"LD_PRELOAD={TestPrograms.Shared.Shim}"];
        ProcessResult end = _sandbox.RunBesideOthers("env", [.. shim, $"CRASH_HANDLER_PIPE={_address}", $"CRASH_HANDLER_PATH={TestPrograms.Shared.Handler}", .. victim.Command]);
        _deaths.Add(new SoakDeath(victim, end.Pid, end.ExitCode, end.Output + end.Error));
    }

    private void KillNowAndThen()
    {
        Random seconds = new(1);
        while (!_isOver.Wait(TimeSpan.FromSeconds(2 + (2 * seconds.NextDouble()))))
        {
            // Now it is this one's life: none answers at all while the next one starts.
            if (_mayKill.IsSet && HandlerQuery.TryWelcome(_address) is { } welcome && SendSignal(welcome.HandlerProcessId, SIGKILL) == 0)
            {
                Kills++;
            }
        }
    }

    private void FillTwice(int count)
    {
        foreach (int begun in _isMounted ? new[] { count / 4, count / 2 } : [])
        {
            while (Volatile.Read(ref _begun) < begun && !_isOver.Wait(EndToEndLimits.Poll))
            {
            }

            string filler = Path.Combine(_sandbox.Database, "filler");
            Fill(filler);
            Fills++;
            while (Volatile.Read(ref _begun) < begun + SoakLimits.CrashingAtOnce + (count / FullPart) && !_isOver.Wait(EndToEndLimits.Poll))
            {
            }

            File.Delete(filler);
        }
    }

    private static void Fill(string path)
    {
        using FileStream filler = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] piece = new byte[FillerBytes];
        for (int length = piece.Length; length > 0;)
        {
            try
            {
                filler.Write(piece, 0, length);
            }
            catch (IOException)
            {
                length /= 2;
            }
        }
    }

    [GeneratedRegex(@"No report of pid ([0-9]+).*")]
    private static partial Regex NoReport();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
