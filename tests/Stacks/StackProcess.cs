using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Native;
using CrashHandler.Tests.Capture;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>
/// A running program that said "ready" and waits. It is a shell's child and not this process's: whose class for processes waits for its children at any time, and so would take from the tracer what the
/// kernel tells of them.
/// </summary>
internal sealed class StackProcess : IDisposable
{
    private const string SayPid = "echo $$; exec \"$0\" \"$@\"";
    private const string InBackground = $"exec 3<&0; /bin/sh -c '{SayPid}' \"$0\" \"$@\" <&3 & wait";
    private const int SIGKILL = 9;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private readonly Process _process;

    private StackProcess(Process process)
    {
        _process = process;
        Pid = int.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    public int Pid { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="waits">It waits after it said so; else it runs on.</param>
    /// <param name="arguments">Its arguments.</param>
    public static StackProcess Start(string program, bool waits, params string[] arguments)
    {
        StackProcess started = new(Process.Start(new ProcessStartInfo("/bin/sh", ["-c", InBackground, program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!);
        try
        {
            Assert.Equal("ready", started._process.StandardOutput.ReadLine());
            if (waits)
            {
                started.WaitUntilAllWait();
            }

            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Freezes it, and looks at its stacks meanwhile.</summary>
    /// <param name="open">Opens a module's file; null: the file at its path.</param>
    public T WhileFrozen<T>(Func<IReadOnlyList<WalkThread>, NativeUnwinder, T> look, Func<WalkModule, Stream?>? open = null) => CaptureThread.Run(() =>
    {
        using FrozenProcess frozen = FrozenProcess.Freeze(new CaptureRequest { ProcessId = Pid, StartTime = ProcStat.ReadStartTime(Pid) });
        using ProcessSnapshot snapshot = frozen.TakeSnapshot();
        using ProcessMemoryFile memory = new(Pid);
        using NativeUnwinder unwinder = new(memory, ModulesOf(snapshot), snapshot.ProcFiles[ProcFile.Maps], open ?? OpenFile);
        return look([.. snapshot.Threads.Select(thread => new WalkThread(thread.ThreadId, thread.Name, thread.Registers))], unwinder);
    });

    public void Dispose()
    {
        Assert.Equal(0, Libc.kill(Pid, SIGKILL));
        _process.WaitForExit();
        _process.Dispose();
    }

    public static WalkModule[] ModulesOf(ProcessSnapshot snapshot)
        => [.. snapshot.Modules.Select(module => new WalkModule(module.Path, module.Address, module.Size, module.BuildId, module.Pe is null))];

    public static Stream? OpenFile(WalkModule module) => File.Exists(module.Path) ? File.OpenRead(module.Path) : null;

    private void WaitUntilAllWait()
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (Directory.EnumerateDirectories($"/proc/{Pid}/task").Any(task => ProcStat.Read($"{task}/stat").State != 'S'))
        {
            Assert.True(clock.Elapsed < s_limit, "a thread does not wait");
        }
    }
}
