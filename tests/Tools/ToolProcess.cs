using System.Diagnostics;

namespace CrashHandler.Tests.Tools;

/// <summary>Runs a tool to its end.</summary>
internal static class ToolProcess
{
    /// <summary>Runs a program with an empty standard input.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it is killed.</exception>
    public static ToolResult Run(string program, TimeSpan limit, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit}");
        }

        return new ToolResult(output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult(), process.ExitCode);
    }
}
