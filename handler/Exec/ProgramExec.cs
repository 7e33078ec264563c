using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Exec;

/// <summary>
/// A whole process tree is covered: a handler is started, then this process becomes the program, with the shim in LD_PRELOAD (stage 1) and, for what is .NET in
/// the tree, the startup hook. Pid, standard streams, signals and exit status are the program's own.
/// </summary>
internal static unsafe class ProgramExec
{
    private const string Preload = "LD_PRELOAD";
    private const string LibraryPath = "LD_LIBRARY_PATH";

    /// <summary>Does not return when it succeeds.</summary>
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
        AddPreload(environment, shim.Contains(':') ? ShimLibrary.Link(shim, address) : shim);
        if (!options.IsShimOnly)
        {
            AddStartupHook(environment, address);
        }

        Execute(path, program, environment);
        throw SyscallException.Last("execve", path, "check that it is an executable for this machine");
    }

    private static void AddPreload(Dictionary<string, string> environment, string shim)
    {
        // ld.so splits LD_PRELOAD at spaces and colons and knows no quoting; a bare name makes it complain in setuid children. It splits
        // LD_LIBRARY_PATH at colons too, but not at spaces.
        bool splits = shim.AsSpan().IndexOfAny(' ', ':') >= 0;
        Prepend(environment, Preload, splits ? Path.GetFileName(shim) : shim, ' ');
        if (splits)
        {
            Prepend(environment, LibraryPath, Path.GetDirectoryName(shim)!, ':');
        }
    }

    // After those that are there. Without the hook, .NET programs are covered by the shim alone.
    private static void AddStartupHook(Dictionary<string, string> environment, string address)
    {
        string hook = HookLibrary.Path;
        if (!File.Exists(hook))
        {
            return;
        }

        hook = hook.Contains(Path.PathSeparator) ? ShimLibrary.Link(hook, address) : hook;
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

    private static void Prepend(Dictionary<string, string> environment, string variable, string value, char separator)
        => environment[variable] = environment.TryGetValue(variable, out string? existing) && existing.Length > 0 ? $"{value}{separator}{existing}" : value;

    private static Dictionary<string, string> CurrentEnvironment()
    {
        Dictionary<string, string> environment = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return environment;
    }

    private static void Execute(string path, string[] arguments, Dictionary<string, string> environment)
    {
        byte** argv = Strings(arguments);
        byte** envp = Strings([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        byte* file = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        // This runtime ignores SIGPIPE from its first instruction on; ignored signals stay so across execve.
        _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_DFL);
        _ = Libc.execve(file, argv, envp);
    }

    // Never freed: execve replaces the process, or it ends with an error.
    private static byte** Strings(IReadOnlyList<string> texts)
    {
        byte** array = (byte**)Marshal.AllocHGlobal((texts.Count + 1) * sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
        {
            array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }

        array[texts.Count] = null;
        return array;
    }
}
