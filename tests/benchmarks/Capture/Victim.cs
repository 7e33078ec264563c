using System.Diagnostics;

namespace CrashHandler.Benchmarks.Capture;

/// <summary>A process with parked threads that faults when it is told to, and says when it did. See native/parked.c and Program's own --park.</summary>
internal sealed class Victim : IDisposable
{
    private readonly Process _process;

    private Victim(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>Starts one and waits until all its threads are parked.</summary>
    public static Victim Start(string[] command, string shim, string socket)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["LD_PRELOAD"] = shim;
        start.Environment["CRASH_HANDLER_PIPE"] = socket;
        Victim victim = new(Process.Start(start)!);
        string? line = victim._process.StandardOutput.ReadLine();
        return line == "ready" ? victim : throw new InvalidOperationException($"{string.Join(' ', command)} said '{line}' instead of 'ready'");
    }

    /// <summary>Lets it fault.</summary>
    public void Go() => _process.StandardInput.WriteLine();

    /// <summary>When it faulted: nanoseconds of CLOCK_MONOTONIC.</summary>
    public long FaultTime()
    {
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the victim did not fault");
        return long.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for its end.</summary>
    public void End() => _process.WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
