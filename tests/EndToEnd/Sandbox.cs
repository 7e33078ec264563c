using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A directory of a test's own, an identity to run processes as, and those processes: all gone at its end.</summary>
internal sealed partial class Sandbox : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGTERM = 15;
    private const int ESRCH = 3;

    private readonly string _identity;
    private readonly List<RunningProcess> _processes = [];

    public Sandbox(string identity)
    {
        Identities.Require(identity);
        _identity = identity;
        Folder = TestPrograms.NewFolder("crash-handler-e2e-");
        Give(Folder);
        // Private to its user, or the handler would not take it.
        RuntimeFolder = Path.Combine(Folder, "run");
        Directory.CreateDirectory(RuntimeFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Give(RuntimeFolder);
        Database = PathOf("database");
    }

    /// <summary>The directory; it belongs to the identity.</summary>
    public string Folder { get; }

    /// <summary>The processes' XDG_RUNTIME_DIR.</summary>
    public string RuntimeFolder { get; }

    /// <summary>Path of the test's database; nothing makes it before a handler does.</summary>
    public string Database { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Makes a directory of the identity's.</summary>
    public string MakeFolder(string name)
    {
        string folder = Directory.CreateDirectory(PathOf(name)).FullName;
        Give(folder);
        return folder;
    }

    /// <summary>Writes a file of the identity's.</summary>
    public string WriteFile(string name, byte[] content)
    {
        string path = PathOf(name);
        File.WriteAllBytes(path, content);
        Give(path);
        return path;
    }

    /// <summary>Gives a directory with all that is in it to the identity, or, as root, to another user.</summary>
    public void GiveAll(string folder, uint? to = null)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            Give(path, to);
        }
    }

    /// <summary>Copies a script of <c>tests/EndToEnd/scripts</c>, since the repository may be closed to the identity.</summary>
    public string CopyScript(string name)
        => WriteFile(name, File.ReadAllBytes(Path.Combine(TestPrograms.RepositoryRoot(), "tests", "EndToEnd", "scripts", name)));

    /// <summary>Compiles a C program of <c>tests/EndToEnd/scripts</c>; returns its path.</summary>
    public string CompileScript(string name, params string[] options)
    {
        string program = PathOf(Path.GetFileNameWithoutExtension(name));
        ProcessResult compiler = Run("gcc", ["-Wall", "-Wextra", "-Werror", "-O1", "-o", program, CopyScript(name), .. options]);
        return compiler.ExitCode == 0 ? program : throw new InvalidOperationException($"gcc {name}: {compiler.Error}");
    }

    /// <summary>Starts a program as the identity, in the sandbox, with an environment of the sandbox's own.</summary>
    public RunningProcess Start(string program, params string[] arguments) => Start([.. Identities.Prefix(_identity), program, .. arguments]);

    /// <summary>Starts a program as another user than the sandbox's; for tests that run as root.</summary>
    public RunningProcess StartAs(uint user, string program, params string[] arguments)
        => Start(["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "--", program, .. arguments]);

    /// <summary>Runs one to its end.</summary>
    public ProcessResult RunAs(uint user, string program, params string[] arguments) => StartAs(user, program, arguments).Finish();

    /// <summary>Runs a program as the identity to its end, beside others: from any thread.</summary>
    public ProcessResult RunBesideOthers(string program, params string[] arguments)
    {
        using RunningProcess process = new(Prepare([.. Identities.Prefix(_identity), program, .. arguments]));
        return process.Finish();
    }

    private RunningProcess Start(string[] command)
    {
        RunningProcess process = new(Prepare(command));
        _processes.Add(process);
        return process;
    }

    private ProcessStartInfo Prepare(string[] command)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { WorkingDirectory = Folder };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["HOME"] = Folder;
        start.Environment["TMPDIR"] = Folder;
        start.Environment["XDG_RUNTIME_DIR"] = RuntimeFolder;
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return start;
    }

    /// <summary>Runs a program to its end.</summary>
    public ProcessResult Run(string program, params string[] arguments) => Start(program, arguments).Finish();

    /// <summary>Runs <c>crash-handler</c> to its end.</summary>
    public ProcessResult Handler(params string[] arguments) => Run(TestPrograms.Shared.Handler, arguments);

    /// <summary>Starts a victim as a main process that starts its own handler.</summary>
    public RunningProcess StartMain(string kind, params string[] arguments)
        => Start(TestPrograms.Shared.Victim, [.. MainArguments(kind), .. arguments]);

    /// <summary>Runs a victim as a main process that starts its own handler.</summary>
    public ProcessResult RunMain(string kind, params string[] arguments) => StartMain(kind, arguments).Finish();

    /// <summary>Arguments of a victim that starts its own handler for <see cref="Database"/>.</summary>
    public string[] MainArguments(string kind)
        => ["--role", "main", "--kind", kind, "--database", Database, "--handler", TestPrograms.Shared.Handler];

    /// <summary>Starts a collector.</summary>
    public Collector StartCollector(params string[] options)
    {
        string store = MakeFolder("store");
        return new Collector(Start(TestPrograms.Shared.Handler, ["collect", "--listen", "127.0.0.1:0", "--store", store, .. options]), store, this);
    }

    /// <summary>The reports of <see cref="Database"/>, newest first.</summary>
    public IReadOnlyList<JsonElement> Reports()
        => [.. Json("reports", "list", "--database", Database, "--json").EnumerateArray()];

    /// <summary>The one report of <see cref="Database"/>: the victim is dead, so it is there; whatever comes besides is one too many.</summary>
    public JsonElement SingleReport()
    {
        IReadOnlyList<JsonElement> reports = Reports();
        return reports.Count == 1 ? reports[0]
            : throw new InvalidOperationException($"{reports.Count} reports instead of one: {string.Join(", ", reports.Select(report => report.GetProperty("reason").GetString()))}");
    }

    /// <summary>Waits until every report of <see cref="Database"/> is marked as uploaded.</summary>
    public void WaitUntilUploaded()
        => Until(() => Reports().All(report => report.GetProperty("uploaded").GetBoolean()) ? "all" : null, () => "every report to be marked as uploaded");

    /// <summary>Waits until a handler that was started notes that it lives: from then on it ends in order when it is asked to.</summary>
    public void WaitUntilItLives(RunningProcess handler, string database)
    {
        string runs = Path.Combine(database, "handlers");
        Until(
            () => handler.HasExited || (Directory.Exists(runs) && Directory.EnumerateFiles(runs, "run-*").Any(path => path.EndsWith($"-{handler.Pid}", StringComparison.Ordinal))) ? "lives" : null,
            () => "the handler to note its life");
    }

    /// <summary>The handler of <see cref="Database"/>, from <c>status --json</c>.</summary>
    /// <exception cref="InvalidOperationException">There is none, or there are several.</exception>
    public JsonElement HandlerStatus() => RunningHandlers().Single();

    /// <summary>The handlers of <see cref="Database"/> that run.</summary>
    public IReadOnlyList<JsonElement> RunningHandlers() => RunningHandlers(Database);

    /// <summary>The handlers of a database that run.</summary>
    public IReadOnlyList<JsonElement> RunningHandlers(string database)
        => [.. Json("status", "--json", "--database", database).EnumerateArray().Where(status => status.GetProperty("running").GetBoolean())];

    /// <summary>Pid of the handler of <see cref="Database"/>.</summary>
    public int HandlerPid() => HandlerStatus().GetProperty("handlerPid").GetInt32();

    /// <summary>Kills the handler of <see cref="Database"/>, and sees it gone.</summary>
    public void KillHandler() => End(HandlerPid(), SIGKILL);

    /// <summary>Asks the handler of <see cref="Database"/> to end.</summary>
    public void TerminateHandler() => End(HandlerPid(), SIGTERM);

    /// <summary>Kills a process of this sandbox, and sees it gone.</summary>
    public void Kill(int pid) => End(pid, SIGKILL);

    /// <summary>Asks a process of this sandbox to end, and sees it gone.</summary>
    public void Terminate(int pid) => End(pid, SIGTERM);

    /// <summary>What an inspecting verb says as JSON.</summary>
    public JsonElement Json(params string[] arguments)
    {
        ProcessResult result = Handler(arguments);
        return result.ExitCode == 0 ? JsonElement.Parse(result.Output)
            : throw new InvalidOperationException($"crash-handler {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}");
    }

    /// <summary>Looks until there is an answer.</summary>
    /// <exception cref="TimeoutException">There is none at the deadline.</exception>
    public T Until<T>(Func<T?> look, Func<string> wanted) where T : class => Until(look, wanted, EndToEndLimits.Deadline);

    /// <summary>Looks until there is an answer, for as long as it is told.</summary>
    /// <exception cref="TimeoutException">There is none at the deadline.</exception>
    public static T Until<T>(Func<T?> look, Func<string> wanted, TimeSpan deadline)
        where T : class
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (look() is { } found)
            {
                return found;
            }

            if (Stopwatch.GetElapsedTime(start) > deadline)
            {
                throw new TimeoutException($"waited {deadline} for {wanted()}");
            }

            Thread.Sleep(EndToEndLimits.Poll);
        }
    }

    public void Dispose()
    {
        foreach (RunningProcess process in _processes)
        {
            process.Dispose();
        }

        KillRest();
        if (!Environment.IsPrivilegedProcess)
        {
            MakeRemovable(new DirectoryInfo(Folder));
        }

        Directory.Delete(Folder, recursive: true);
    }

    // Where a test took the right to write away; root needs none.
    private static void MakeRemovable(DirectoryInfo folder)
    {
        folder.UnixFileMode |= UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (DirectoryInfo inner in folder.EnumerateDirectories().Where(inner => inner.LinkTarget is null))
        {
            MakeRemovable(inner);
        }
    }

    /// <summary>Handlers, and whatever else outlived its parent: everything with this sandbox on its command line is this test's.</summary>
    public void KillRest()
    {
        foreach (int pid in Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int pid) ? pid : 0).Where(IsOurs))
        {
            End(pid, SIGKILL);
        }
    }

    private void End(int pid, int signal)
    {
        if (SendSignal(pid, signal) != 0 && Marshal.GetLastPInvokeError() != ESRCH)
        {
            throw new InvalidOperationException($"kill {pid}: errno {Marshal.GetLastPInvokeError()}");
        }

        // Not WaitForExit: nobody says when pid 1 reaps it. A dead process has no command line, reaped or not.
        Until(() => IsOurs(pid) ? null : "gone", () => $"the end of process {pid}");
    }

    private bool IsOurs(int pid)
    {
        try
        {
            return pid != 0 && File.ReadAllText($"/proc/{pid}/cmdline").Contains(Folder, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended between the listing and the look.
            return false;
        }
    }

    private void Give(string path, uint? to = null)
    {
        if ((to ?? Identities.ChangedId(_identity)) is uint id && ChangeOwner(path, id, id) != 0)
        {
            throw new IOException($"chown '{path}': errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
