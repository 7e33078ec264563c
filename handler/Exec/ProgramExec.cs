using System.Collections;
using System.Globalization;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Exec;

/// <summary>A whole process tree is covered: a handler is started, then the program, with an environment that has whatever is .NET in the tree load the startup hook.</summary>
internal static unsafe partial class ProgramExec
{
    /// <summary>On Linux this does not return when it succeeds; on Windows it returns when the program has ended.</summary>
    /// <returns>The program's exit code.</returns>
    /// <exception cref="SyscallException">The program cannot be executed.</exception>
    /// <exception cref="DaemonException">No handler can be had.</exception>
    public static int Run(ExecOptions options, string[] program)
    {
        string path = ProgramFile.Find(program[0], Environment.GetEnvironmentVariable("PATH"));
        if (ProgramFile.WhyUncaptured(path) is { } reason)
        {
            Console.Error.WriteLine($"crash-handler: crashes of '{path}' itself are not reported: {reason}");
        }

        string directory = Path.GetFullPath(options.Database ?? Path.Combine(TemporaryDirectory.Path, $"{Path.GetFileNameWithoutExtension(path)} Crashes"));
        ReportDatabase created = ReportDatabase.Create(directory);
        string shim = ShimLibrary.FindPath();
        string address = ShimLibrary.Launch(shim, created.Path, options.Url, options.HandlersAnnotations());
        Dictionary<string, string> environment = CurrentEnvironment();
        environment[EnvironmentNames.Pipe] = address;
        environment[EnvironmentNames.ExecProcess] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        SetIfSaid(environment, EnvironmentNames.ProductName, options.ProductName);
        SetIfSaid(environment, EnvironmentNames.CompanyName, options.CompanyName);
        Cover(environment, options, shim, address);
        return Execute(path, program, environment);
    }

    // After those that are there.
    private static void AddStartupHook(Dictionary<string, string> environment, string hook)
    {
        string existing = environment.GetValueOrDefault(EnvironmentNames.StartupHooks, "");
        if (!existing.Split(Path.PathSeparator).Contains(hook))
        {
            environment[EnvironmentNames.StartupHooks] = existing.Length == 0 ? hook : $"{existing}{Path.PathSeparator}{hook}";
        }
    }

    private static void SetIfSaid(Dictionary<string, string> environment, string name, string? value)
    {
        if (value is not null)
        {
            environment[name] = value;
        }
    }

    private static Dictionary<string, string> CurrentEnvironment()
    {
        Dictionary<string, string> environment = new(s_variables);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return environment;
    }
}
