using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Has another process try what a capture calls, and reads what it says.</summary>
internal static class AttemptLook
{
    /// <summary>Option that makes this program the one that tries.</summary>
    public const string AttemptOption = "--attempt";

    /// <summary>Option that makes it the one that is tried on.</summary>
    public const string SubjectOption = "--subject";

    // Stand before a call's name in the line before it, and before its name and answer in the line after it.
    private const string Begins = "tries", Ended = "tried";

    // A crash of the process that tries is no crash to be reported, and no hook is to run in it.
    private static readonly string[] s_unwanted = ["LD_PRELOAD", "CRASH_HANDLER_PIPE", "DOTNET_STARTUP_HOOKS"];

    /// <summary>Looks.</summary>
    public static AttemptFacts Gather(DoctorRequest request)
    {
        ProcessStartInfo start = new(request.Program, ["doctor", AttemptOption])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in s_unwanted)
        {
            start.Environment.Remove(name);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception refused)
        {
            return new AttemptFacts([], $"no process can be started: {refused.Message}");
        }

        using (process)
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync();
            Task<string> complaints = process.StandardError.ReadToEndAsync();
            bool isOver = process.WaitForExit(DoctorLimits.Attempts);
            if (!isOver)
            {
                // Its child ends with it, whose input it holds; on Windows not while a dump has it suspended.
                process.Kill(entireProcessTree: OperatingSystem.IsWindows());
                process.WaitForExit();
            }

            string trouble = complaints.GetAwaiter().GetResult();
            return Parse(said.GetAwaiter().GetResult(), !isOver ? $"no answer within {DoctorLimits.Attempts.TotalSeconds} s" : process.ExitCode == 0 ? null : $"its process ended with {process.ExitCode}{(trouble.Length > 0 ? $": {trouble.Trim()}" : "")}");
        }
    }

    /// <summary>Reads what the process said that tries.</summary>
    /// <param name="said">Its output.</param>
    /// <param name="trouble">How it ended otherwise than it should; null: it ended in order.</param>
    public static AttemptFacts Parse(string said, string? trouble)
    {
        List<Attempt> attempts = [];
        string? begun = null;
        foreach (string line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(' ');
            string call = string.Join(' ', words[0] == Ended ? words[1..^1] : words[1..]);
            if (words[0] == Begins)
            {
                begun = call;
            }
            else if (words[0] == Ended && int.TryParse(words[^1], CultureInfo.InvariantCulture, out int errno))
            {
                attempts.Add(new Attempt(call, errno));
                begun = null;
            }
        }

        return begun is null || trouble is null ? new AttemptFacts(attempts, trouble) : new AttemptFacts([.. attempts, new Attempt(begun, 0, WasKilled: true)], trouble);
    }

    /// <summary>Tries a call, and says before it what is tried, and after it what came of it, a line each: whoever calls may be killed for it.</summary>
    /// <param name="output">Where it is said.</param>
    /// <param name="call">The call's name.</param>
    /// <param name="attempt">Makes it; its error, 0: it worked.</param>
    public static void Try(TextWriter output, string call, Func<int> attempt)
    {
        output.WriteLine($"{Begins} {call}");
        output.Flush();
        int error = attempt();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Ended} {call} {error}"));
        output.Flush();
    }

    /// <summary>Is the one that is tried on: until its input ends.</summary>
    public static void BeSubject(TextReader input, TextWriter output)
    {
        output.WriteLine("ready");
        output.Flush();
        input.ReadLine();
    }
}
