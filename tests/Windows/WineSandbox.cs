using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>
/// Windows programs under Wine, in a directory and a <see cref="WinePrefix"/> of a test's own: tests may run beside each other.
/// </summary>
internal sealed class WineSandbox : IDisposable
{
    private const string PrefixVariable = "CRASH_HANDLER_WINE_PREFIX", ArtifactsVariable = "CRASH_HANDLER_WINDOWS_ARTIFACTS", VictimVariable = "CRASH_HANDLER_WINDOWS_VICTIM", FilesVariable = "CRASH_HANDLER_WINDOWS_FILES";

    private static readonly Dictionary<string, string> s_nothing = [];

    private readonly Sandbox _sandbox = new(Identities.Own);
    private readonly WinePrefix _prefix = new(Variable(PrefixVariable));
    private readonly List<RunningProcess> _processes = [];

    /// <summary>The handler that ships for win-x64, as Linux names it.</summary>
    public static string Handler => Path.Combine(Variable(ArtifactsVariable), "crash-handler.exe");

    /// <summary>The victim, published as an application is, with what the package puts beside it.</summary>
    public static string Victim => Variable(VictimVariable);

    /// <summary>A program that tries what the handler makes of files there.</summary>
    public static string Files => Variable(FilesVariable);

    /// <summary>The database, as Linux names it.</summary>
    public string Database => _sandbox.Database;

    /// <summary>A path as Windows names it: Wine's drive Z is the root directory.</summary>
    public static string Named(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>The directory of its Wine prefix.</summary>
    public string Prefix => _prefix.Folder;

    public string PathOf(string name) => _sandbox.PathOf(name);

    public T Until<T>(Func<T?> look, Func<string> wanted)
        where T : class => Sandbox.Until(look, wanted, WindowsTestLimits.Run);

    /// <summary>Starts this platform's own collector: to whom a report is sent knows nothing of Wine.</summary>
    public EndToEnd.Collector StartCollector(params string[] options) => _sandbox.StartCollector(options);

    /// <summary>Starts a Windows program.</summary>
    /// <param name="program">Its path, as Linux names it.</param>
    /// <param name="arguments">Its arguments, as they are.</param>
    public RunningProcess Start(string program, params string[] arguments) => Start(s_nothing, program, arguments);

    /// <summary>Starts a Windows program, with some of its environment.</summary>
    public RunningProcess Start(IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        ProcessStartInfo start = Prepare("timeout", Wine(program, arguments)[1..]);
        Add(environment, start);
        return Start(start);
    }

    /// <summary>Runs a program of this platform to its end, which may start Windows programs in the same prefix.</summary>
    public ProcessResult RunHere(string program, params string[] arguments) => RunCommand(s_nothing, [program, .. arguments]);

    /// <summary>
    /// Runs one to its end. What it says goes through files: Wine has every process inherit the streams of the one that started it, whatever it was told, and a handler would hold a pipe until it
    /// idles out.
    /// </summary>
    public ProcessResult Run(string program, params string[] arguments) => RunCommand(s_nothing, Wine(program, arguments));

    /// <summary>Runs <c>crash-handler.exe</c> to its end.</summary>
    public ProcessResult RunHandler(params string[] arguments) => Run(Handler, arguments);

    /// <summary>Runs the victim until it is dead, or has gone on.</summary>
    /// <param name="kind">How it dies.</param>
    /// <param name="collector">To whom its report is sent; null: to nobody.</param>
    /// <param name="more">More options of it.</param>
    public WindowsVictim Die(string kind, EndToEnd.Collector? collector = null, params string[] more)
        => WindowsVictim.Of(Run(Victim, [kind, "--directory", Named(Database), .. collector is null ? [] : (string[])["--url", collector.Url], .. more]));

    /// <summary>Runs a victim that was published in another way until it is dead.</summary>
    /// <param name="victim">Its program.</param>
    /// <param name="environment">Of its environment, what matters.</param>
    /// <param name="kind">How it dies.</param>
    public WindowsVictim Die(string victim, IReadOnlyDictionary<string, string> environment, string kind)
        => WindowsVictim.Of(RunCommand(environment, Wine(victim, [kind, "--directory", Named(Database)])));

    /// <summary>Has a client of the one handler end by an exception's exit code, without a word: a report without a dump, at once.</summary>
    /// <returns>The report's id.</returns>
    public string EndWithoutNotice()
    {
        string client = PathOf("pipe_client.exe");
        if (!File.Exists(client))
        {
            ProcessResult compiler = RunHere("x86_64-w64-mingw32-gcc", "-O1", "-o", client, Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Windows", "pipe_client.c"));
            Assert.Equal((0, ""), (compiler.ExitCode, compiler.Error));
        }

        List<string> before = [.. Reports().Select(IdOf)];
        string address = Assert.Single(RunningHandlers()).GetProperty("address").GetString()!;
        Assert.Contains("Welcome", Run(client, "stay", address, "0", "0xC0000005").Output, StringComparison.Ordinal);
        return Until(() => Reports().Select(IdOf).FirstOrDefault(id => !before.Contains(id)), () => "the report of an end without a notice");

        static string IdOf(JsonElement report) => report.GetProperty("id").GetString()!;
    }

    /// <summary>The one report, which arrived and is marked as uploaded.</summary>
    /// <param name="collector">Where.</param>
    /// <param name="fields">What came with it.</param>
    /// <param name="dump">Its dump, as it is in the database; it arrived just so.</param>
    public JsonElement Uploaded(EndToEnd.Collector collector, out Dictionary<string, string> fields, out string dump)
    {
        string arrived = Assert.Single(Until(() => collector.Arrived() is { Count: > 0 } some ? some : null, () => "the upload"));
        fields = EndToEnd.Collector.Fields(arrived);
        JsonElement report = Until(() => Reports() is [{ } one] && one.GetProperty("uploaded").GetBoolean() ? (object)one : null, () => "the report to be marked as uploaded") is JsonElement found ? found : default;
        dump = Path.Combine(Database, "completed", $"{report.GetProperty("id").GetString()}.dmp");
        Assert.Equal(File.ReadAllBytes(dump), File.ReadAllBytes(arrived + ".dmp"));
        return report;
    }

    /// <summary>What a verb says as JSON.</summary>
    public JsonElement Json(params string[] arguments)
    {
        ProcessResult result = RunHandler(arguments);
        return result.ExitCode == 0 ? JsonElement.Parse(result.Output)
            : throw new InvalidOperationException($"crash-handler.exe {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>The reports of <see cref="Database"/>, newest first.</summary>
    public IReadOnlyList<JsonElement> Reports() => [.. Json("reports", "list", "--database", Named(Database), "--json").EnumerateArray()];

    /// <summary>The handlers of <see cref="Database"/> that run.</summary>
    public IReadOnlyList<JsonElement> RunningHandlers()
        => !Directory.Exists(Path.Combine(Database, "handlers")) ? []
            : [.. Json("status", "--json", "--database", Named(Database)).EnumerateArray().Where(status => status.GetProperty("running").GetBoolean())];

    public void Dispose()
    {
        // timeout alone would be killed, and leave what it has started.
        foreach (RunningProcess process in _processes)
        {
            process.KillAll();
        }

        _prefix.Dispose();
        foreach (RunningProcess process in _processes)
        {
            process.Dispose();
        }

        _sandbox.Dispose();
    }

    private ProcessResult RunCommand(IReadOnlyDictionary<string, string> environment, string[] command)
    {
        string output = PathOf($"output{_processes.Count}"), error = PathOf($"error{_processes.Count}");
        ProcessStartInfo start = Prepare("bash", ["-c", "exec \"${@:3}\" > \"$1\" 2> \"$2\"", "_", output, error, .. command]);
        Add(environment, start);
        ProcessResult result = Start(start).Finish(WindowsTestLimits.Run);
        return result with { Output = File.ReadAllText(output), Error = File.ReadAllText(error) };
    }

    // It may hang where Windows does not: then it is killed, and the test says so.
    private static string[] Wine(string program, string[] arguments) => ["timeout", "-k", "5", $"{WindowsTestLimits.Run.TotalSeconds}", "wine", program, .. arguments];

    private RunningProcess Start(ProcessStartInfo start)
    {
        RunningProcess process = new(start);
        _processes.Add(process);
        return process;
    }

    private static void Add(IReadOnlyDictionary<string, string> environment, ProcessStartInfo start)
    {
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
    }

    private ProcessStartInfo Prepare(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = _sandbox.Folder };
        start.Environment.Clear();
        start.Environment["HOME"] = _sandbox.Folder;
        _prefix.Set(start);
        return start;
    }

    /// <summary>What build/test-windows says.</summary>
    public static string Variable(string name)
        => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set; run build/test-windows");
}
