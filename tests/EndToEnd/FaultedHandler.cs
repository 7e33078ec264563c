using System.Security.Cryptography;
using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// One handler that goes on while its database is broken and mended, with processes that crash. Their shim finds no handler of one death beside it: what this handler cannot report, nobody does.
/// </summary>
internal sealed class FaultedHandler
{
    private const int SegmentationFault = 128 + 11;

    private readonly Sandbox _sandbox;
    private readonly string _shim;
    private readonly string _victim;
    private readonly string _pipe;
    private readonly int _pid;

    /// <param name="sandbox">Whose database.</param>
    /// <param name="before">A program that becomes the handler, or starts it, with its arguments.</param>
    /// <param name="name">Of its socket.</param>
    /// <param name="options">More options of the handler.</param>
    public FaultedHandler(Sandbox sandbox, string[]? before = null, string name = "socket", string[]? options = null)
    {
        _sandbox = sandbox;
        _shim = Path.Combine(sandbox.MakeFolder("alone"), Path.GetFileName(TestPrograms.Shared.Shim));
        File.Copy(TestPrograms.Shared.Shim, _shim, overwrite: true);
        _victim = sandbox.CompileScript("fault.c");
        _pipe = Path.Combine(sandbox.RuntimeFolder, name + HandlerAddress.Suffix);
        string walk = sandbox.CompileScript("fake_walk.c", "-DMODE=VALID");
        string[] command = [.. before ?? [], TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--pipe", _pipe, "--persistent", "--walk", walk, .. options ?? []];
        Process = sandbox.Start(command[0], command[1..]);
        _pid = sandbox.Until(() => Process.HasExited ? throw new InvalidOperationException(Process.Finish().Error) : HandlerQuery.TryWelcome(_pipe), () => "the handler to listen").HandlerProcessId;
    }

    /// <summary>The process that was started for it.</summary>
    public RunningProcess Process { get; }

    /// <summary>Its process id.</summary>
    public int Pid => _pid;

    /// <summary>The database as anybody sees it.</summary>
    public ReportDatabase Database => ReportDatabase.OpenExisting(_sandbox.Database);

    /// <summary>Has a process crash, which dies as it would; the handler lives on.</summary>
    /// <returns>Its pid.</returns>
    public int Crash()
    {
        ProcessResult end = _sandbox.Run("env", $"LD_PRELOAD={_shim}", $"CRASH_HANDLER_PIPE={_pipe}", _victim);
        Xunit.Assert.Equal((SegmentationFault, ""), (end.ExitCode, end.Error));
        Xunit.Assert.Equal(_pid, HandlerQuery.TryWelcome(_pipe)?.HandlerProcessId);
        return end.Pid;
    }

    /// <summary>Whether a process was reported.</summary>
    public bool IsReported(int pid) => Database.List().Any(report => report.ProcessId == pid);

    /// <summary>What the log says of why there is no report of a process; empty: nothing.</summary>
    public string WhyNone(int pid)
        => File.ReadAllLines(Path.Combine(_sandbox.Database, HandlerLog.FileName)).FirstOrDefault(line => line.Contains($"No report of pid {pid}: ", StringComparison.Ordinal), "");

    /// <summary>What failed last, by <c>status</c>.</summary>
    public IReadOnlyList<string> LastErrors()
    {
        using HandlerQuery query = HandlerQuery.Open(_pipe);
        using JsonDocument status = JsonDocument.Parse(query.GetStatus());
        return [.. status.RootElement.GetProperty("lastErrors").EnumerateArray().Select(error => error.GetProperty("message").GetString()!)];
    }

    /// <summary>Every file of the reports there are, with what is in it.</summary>
    public Dictionary<string, string> Whole()
        => ReportDatabase.FiledNames.SelectMany(name => Directory.EnumerateFiles(Path.Combine(_sandbox.Database, name))).ToDictionary(path => path, path => Convert.ToHexString(SHA256.HashData(Read(path))));

    /// <summary>That all these are as they were.</summary>
    public void AssertKept(Dictionary<string, string> before)
    {
        Dictionary<string, string> now = Whole();
        Xunit.Assert.All(before, file => Xunit.Assert.Equal((file.Key, file.Value), (file.Key, now.GetValueOrDefault(file.Key, "gone"))));
    }

    /// <summary>Names in <c>new/</c>.</summary>
    public string[] Begun() => Directory.GetFileSystemEntries(Path.Combine(_sandbox.Database, ReportDatabase.NewName));

    private static byte[] Read(string path)
    {
        using FileStream file = DurableFile.OpenStream(path);
        using MemoryStream bytes = new();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}
