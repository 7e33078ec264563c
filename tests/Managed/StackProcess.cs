using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Native;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>A running stackvictim, or deathvictim: it waits, or it dies and waits for its handler's word.</summary>
internal sealed class StackProcess : IDisposable
{
    // proc(5), syscall: read(2) of x86-64.
    private const string ReadCall = "0 ";

    private const int SIGKILL = 9;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly FakeHandler? _handler;
    private readonly string _folder;

    private StackProcess(Process process, FakeHandler? handler, string folder)
    {
        _process = process;
        _handler = handler;
        _folder = folder;
    }

    public int Pid { get; private init; }

    /// <summary>How it is captured.</summary>
    public CaptureRequest Request => new()
    {
        ProcessId = Pid,
        StartTime = ProcStat.ReadStartTime(Pid),
        Notice = _handler?.Notices is [var notice, ..] ? notice.Bytes : null,
        Requester = _handler is null ? Pid : 0,
    };

    /// <summary>Folder of a shape that build/shapes makes; skips the test where it cannot be had.</summary>
    public static string Shape(string name)
    {
        string folder = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "shapes", name);
        string absent = Path.Combine(folder, "absent");
        if (File.Exists(absent))
        {
            Assert.Skip($"{name}: {File.ReadAllText(absent).Trim()}");
        }

        Assert.True(Directory.Exists(folder), $"{folder} is missing; run build/shapes");
        return folder;
    }

    /// <summary>Starts one that waits.</summary>
    /// <param name="program">Path of the victim.</param>
    /// <param name="prefix">What is put before it.</param>
    public static StackProcess Wait(string program, params string[] prefix)
    {
        StackProcess process = Start(program, "fail-fast", null, prefix);
        try
        {
            // It may still be writing what was read of it already.
            string path = $"/proc/{process.Pid}/syscall";
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(path).StartsWith(ReadCall, StringComparison.Ordinal), s_limit), $"{program} does not wait");
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts one and lets it die, up to its handler.</summary>
    public static StackProcess Die(string program, string kind)
    {
        StackProcess process = Start(program, kind, new FakeHandler(FakeAnswers.ReleaseWhenTold), []);
        process._process.StandardInput.WriteLine("die");
        process._process.StandardInput.Flush();
        Assert.True(process._handler!.Noticed.Wait(s_limit), $"no notice of {kind} within {s_limit}");
        return process;
    }

    public void Dispose()
    {
        _ = Libc.kill(Pid, SIGKILL);
        _process.WaitForExit(s_limit);
        _process.Dispose();
        _handler?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static StackProcess Start(string program, string kind, FakeHandler? handler, string[] prefix)
    {
        string folder = TestPrograms.NewFolder("crash-handler-stacks-");
        string facts = Path.Combine(folder, "facts");
        File.WriteAllText(facts, "");
        // Whoever it runs as.
        File.SetUnixFileMode(facts, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        string[] command = [.. prefix, program, kind, facts];
        // A shell between: to a child that this process traces, .NET's own Process does not come to terms.
        ProcessStartInfo start = new("/bin/sh", ["-c", "\"$@\"; exit $?", "sh", .. command]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Remove("CRASH_HANDLER_PIPE");
        if (handler is not null)
        {
            start.Environment["LD_PRELOAD"] = NativeBuild.Library;
            start.Environment["CRASH_HANDLER_PIPE"] = handler.Address;
            start.Environment["CRASH_HANDLER_PATH"] = "";
        }

        Process process = Process.Start(start)!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        int pid = int.Parse(File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Trim(), CultureInfo.InvariantCulture);
        return new StackProcess(process, handler, folder) { Pid = pid };
    }
}
