using System.Diagnostics;
using System.Text;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A process of a test, with its standard streams.</summary>
internal sealed class RunningProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<string> _lines = [];

    public RunningProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Reads the next line of standard output.</summary>
    /// <exception cref="InvalidOperationException">There is none: the process closed its output.</exception>
    /// <param name="limit">How long it may take; null: <see cref="EndToEndLimits.Deadline"/>.</param>
    public string ReadLine(TimeSpan? limit = null)
    {
        using CancellationTokenSource deadline = new(limit ?? EndToEndLimits.Deadline);
        string line = _process.StandardOutput.ReadLineAsync(deadline.Token).AsTask().GetAwaiter().GetResult()
            ?? throw new InvalidOperationException($"no more output from {_process.StartInfo.FileName}: {_error.GetAwaiter().GetResult()}");
        _lines.Add(line);
        return line;
    }

    /// <summary>Reads standard output up to a line.</summary>
    public void ReadUntil(string line)
    {
        while (ReadLine() != line)
        {
        }
    }

    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Writes to standard input, without a line's end.</summary>
    public void Write(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>Reads standard output up to a character, which is not returned; <see cref="Finish"/> does not return it again.</summary>
    /// <exception cref="InvalidOperationException">It never comes: the process closed its output.</exception>
    public string ReadTo(char end)
    {
        using CancellationTokenSource deadline = new(EndToEndLimits.Deadline);
        StringBuilder text = new();
        char[] one = new char[1];
        while (_process.StandardOutput.ReadAsync(one, deadline.Token).AsTask().GetAwaiter().GetResult() == 1)
        {
            if (one[0] == end)
            {
                return text.ToString();
            }

            text.Append(one[0]);
        }

        throw new InvalidOperationException($"no more output from {_process.StartInfo.FileName}: {_error.GetAwaiter().GetResult()}");
    }

    /// <summary>Closes standard input, waits, and returns everything, including the lines read before.</summary>
    /// <exception cref="TimeoutException">It did not end, or something of it kept its output open.</exception>
    /// <param name="limit">How long it may take; null: <see cref="EndToEndLimits.Deadline"/>.</param>
    public ProcessResult Finish(TimeSpan? limit = null)
    {
        TimeSpan deadline = limit ?? EndToEndLimits.Deadline;
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read all that it was told.
        }

        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        if (!_process.WaitForExit(deadline) || !Task.WaitAll([output, _error], deadline))
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} did not end within {deadline}, or a process that it left holds its output");
        }

        string before = string.Concat(_lines.Select(line => line + "\n"));
        return new ProcessResult(before + output.GetAwaiter().GetResult(), _error.GetAwaiter().GetResult(), _process.ExitCode, Pid);
    }

    public void Kill() => _process.Kill();

    /// <summary>Kills it and whatever it has started.</summary>
    public void KillAll() => _process.Kill(entireProcessTree: true);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
