using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary><c>doctor</c> under Wine, where crashes are reported, and where something is in the way. By build/test-windows only.</summary>
public sealed class WindowsDoctorTests
{
    private const int Problem = 1;
    private const string Modules = @"HKCU\SOFTWARE\Microsoft\Windows\Windows Error Reporting\RuntimeExceptionHelperModules";
    private const string HandlerName = "crash-handler.exe", LibraryName = "crashhandler.dll", HookName = "CrashHandler.StartupHook.dll";

    // No process has it: those of Windows are divisible by 4.
    private const int NoProcess = 0x7FFFFFFE;

    private static readonly string[] s_checks =
    [
        "windows", "files", "dump", "integrity", "job", "process", "wer", "database", "disk", "persistence", "pipe", "dac", "pdb", "diagnostics", "uploads", "server", "clock",
    ];

    /// <summary>A whole installation, a database with its handler, a server: but for what an installer writes for Windows Error Reporting there is nothing to be mended.</summary>
    [Fact(Explicit = true)]
    public void WhereAllIsWellItSaysSo()
    {
        using WineSandbox sandbox = new();
        string program = Install(sandbox, HandlerName, LibraryName, HookName), library = WineSandbox.Named(Path.Combine(Path.GetDirectoryName(program)!, LibraryName));
        string database = WineSandbox.Named(sandbox.Database);
        EndToEnd.Collector collector = sandbox.StartCollector();
        sandbox.Start(program, "run", "--database", database, "--persistent");
        int handler = ((JsonElement)sandbox.Until(() => sandbox.RunningHandlers() is [{ } one] ? (object)one : null, () => "the handler")).GetProperty("handlerPid").GetInt32();

        (Dictionary<string, JsonElement> found, ProcessResult result) = Doctor(sandbox, program, "--database", database, "--url", collector.Url);

        Assert.Equal((0, ""), (result.ExitCode, result.Error.Trim()));
        Assert.Equal(s_checks, found.Keys);
        Assert.All(["windows", "files", "dump", "integrity", "job", "database", "disk", "persistence", "pipe", "diagnostics", "uploads", "server", "clock"], check => AssertSays(found[check], "ok"));
        AssertSays(found["windows"], "ok", "Wine");
        AssertSays(found["dump"], "ok", "LoadLibrary of dbghelp.dll, OpenProcess, MiniDumpWriteDump work");
        AssertSays(found["pipe"], "ok", $"handler {handler.ToString(CultureInfo.InvariantCulture)} answers");
        AssertSays(found["process"], "not applicable", "--pid");
        AssertSays(found["wer"], "warning", library, $"/v \"{library}\"");
        // Nothing was sent, and nothing is left in the database.
        Assert.Empty(collector.Arrived());
        Assert.DoesNotContain(Directory.EnumerateFiles(sandbox.Database), path => Path.GetFileName(path).Contains("doctor", StringComparison.Ordinal));

        Assert.Equal(0, sandbox.Run("reg", "add", Modules, "/v", library, "/t", "REG_DWORD", "/d", "0", "/f").ExitCode);
        try
        {
            ProcessResult text = sandbox.Run(program, "doctor", "--database", database);

            Assert.Equal((0, ""), (text.ExitCode, text.Error.Trim()));
            Assert.Matches(@"\nno problems, no warnings, \d+ ok\r?\n\z", text.Output);
        }
        finally
        {
            sandbox.Run("reg", "delete", Modules, "/v", library, "/f");
        }
    }

    /// <summary>A library that is missing, a file in the place of the database, a server that nobody is: each is a problem, with a remedy.</summary>
    [Fact(Explicit = true)]
    public void WhatIsBrokenItNames()
    {
        using WineSandbox sandbox = new();
        string program = Install(sandbox, HandlerName, HookName);
        File.WriteAllText(sandbox.PathOf("file"), "no directory");

        (Dictionary<string, JsonElement> found, ProcessResult result) = Doctor(
            sandbox, program, "--database", WineSandbox.Named(sandbox.PathOf("file")), "--url", $"http://127.0.0.1:{UnusedPort()}/submit");

        Assert.Equal((Problem, ""), (result.ExitCode, result.Error.Trim()));
        Assert.Equal(s_checks, found.Keys);
        AssertSays(found["files"], "problem", "crashhandler.dll is missing", "crashes are not seen", "Put them back");
        AssertSays(found["database"], "problem", "is not a directory", "Move it away");
        AssertSays(found["server"], "problem", "127.0.0.1", "firewall");
        AssertSays(found["pipe"], "ok", "no handler answers");
    }

    [Fact(Explicit = true)]
    public void OfAProcessThatIsGoneItSaysSo()
    {
        using WineSandbox sandbox = new();

        ProcessResult result = sandbox.RunHandler("doctor", "--pid", NoProcess.ToString(CultureInfo.InvariantCulture));

        Assert.Equal((Problem, ""), (result.ExitCode, result.Output));
        Assert.Contains($"there is no process {NoProcess}", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>A process without .NET, and one that is covered.</summary>
    [Fact(Explicit = true)]
    public void ItKnowsWhatAProcessIs()
    {
        using WineSandbox sandbox = new();
        string plain = sandbox.PathOf("plain.exe"), database = WineSandbox.Named(sandbox.Database);
        ProcessResult compiled = sandbox.RunHere("x86_64-w64-mingw32-gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", plain, Path.Combine(SourceFolder(), "plain_process.c"));
        Assert.Equal((0, ""), (compiled.ExitCode, compiled.Error));
        RunningProcess native = sandbox.Start(plain);
        string nativeId = PidIn(native.ReadLine());
        RunningProcess victim = sandbox.Start(WineSandbox.Victim, "return", "--directory", database, "--hold");
        string said = "", line;
        while ((line = victim.ReadLine().Trim()) != "holding")
        {
            said += line + "\n";
        }

        string victimId = PidIn(said);

        (Dictionary<string, JsonElement> ofNative, ProcessResult nativeResult) = Doctor(sandbox, WineSandbox.Handler, "--database", database, "--pid", nativeId);
        (Dictionary<string, JsonElement> ofVictim, ProcessResult victimResult) = Doctor(sandbox, WineSandbox.Handler, "--database", database, "--pid", victimId);

        Assert.Equal((0, ""), (nativeResult.ExitCode, nativeResult.Error.Trim()));
        AssertSays(ofNative["process"], "warning", $"{nativeId} (plain.exe)", "no .NET, without crashhandler.dll", "not seen", $"crash-handler dump {nativeId}");
        AssertSays(ofNative["dac"], "not applicable", "coreclr.dll");
        AssertSays(ofNative["diagnostics"], "not applicable", "no .NET");
        Assert.Equal((0, ""), (victimResult.ExitCode, victimResult.Error.Trim()));
        AssertSays(ofVictim["process"], "ok", $"{victimId} (windows-victim.exe)", ", .NET, with crashhandler.dll");
        Assert.Equal(JsonValueKind.Null, ofVictim["process"].GetProperty("meaning").ValueKind);
        AssertSays(ofVictim["dac"], "ok", $"process {victimId}");
        AssertSays(ofVictim["diagnostics"], "ok", $"process {victimId}");
        AssertSays(ofVictim["wer"], "warning", WineSandbox.Named(Path.Combine(Path.GetDirectoryName(WineSandbox.Victim)!, LibraryName)));
        Assert.NotEqual("not applicable", ofVictim["pdb"].GetProperty("state").GetString());
        native.WriteLine("");
        victim.WriteLine("");
        Assert.Equal(0, native.Finish(WindowsTestLimits.Run).ExitCode);
        Assert.Equal(0, victim.Finish(WindowsTestLimits.Run).ExitCode);
    }

    private static (Dictionary<string, JsonElement> Found, ProcessResult Result) Doctor(WineSandbox sandbox, string program, params string[] options)
    {
        ProcessResult result = sandbox.Run(program, ["doctor", "--json", .. options]);
        return (JsonElement.Parse(result.Output).EnumerateArray().ToDictionary(finding => finding.GetProperty("check").GetString()!), result);
    }

    private static void AssertSays(JsonElement finding, string state, params string[] words)
    {
        string said = $"{finding.GetProperty("found").GetString()} {finding.GetProperty("meaning").GetString()} {finding.GetProperty("remedy").GetString()}";
        Assert.True(finding.GetProperty("state").GetString() == state, $"{finding} is not {state}");
        Assert.All(words, word => Assert.Contains(word, said, StringComparison.Ordinal));
    }

    // An installation of a test's own; the hook is the same file on both systems.
    private static string Install(WineSandbox sandbox, params string[] names)
    {
        string directory = Directory.CreateDirectory(sandbox.PathOf("installed")).FullName;
        string[] places = [Path.GetDirectoryName(WineSandbox.Handler)!, Environment.GetEnvironmentVariable("CRASH_HANDLER_ARTIFACTS")!];
        foreach (string name in names)
        {
            File.Copy(places.Select(place => Path.Combine(place, name)).First(File.Exists), Path.Combine(directory, name));
        }

        return Path.Combine(directory, HandlerName);
    }

    private static string PidIn(string said) => Regex.Match(said, @"^pid (\d+)", RegexOptions.Multiline) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException($"no pid in '{said}'");

    // Nobody listens at a port that was just given back.
    private static int UnusedPort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
