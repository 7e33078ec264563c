using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>On Linux this process becomes the program, with the shim in LD_PRELOAD (stage 1) too. Pid, standard streams, signals and exit status are the program's own.</summary>
internal static unsafe partial class ProgramExec
{
    private const string Preload = "LD_PRELOAD";
    private const string LibraryPath = "LD_LIBRARY_PATH";

    private static readonly StringComparer s_variables = StringComparer.Ordinal;

    private static void Cover(Dictionary<string, string> environment, ExecOptions options, string shim, string address)
    {
        AddPreload(environment, shim.Contains(':') ? ShimLibrary.Link(shim, address) : shim);
        string hook = HookLibrary.Path;
        // Without the hook, .NET programs are covered by the shim alone.
        if (!options.IsShimOnly && File.Exists(hook))
        {
            AddStartupHook(environment, hook.Contains(Path.PathSeparator) ? ShimLibrary.Link(hook, address) : hook);
        }
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

    private static void Prepend(Dictionary<string, string> environment, string variable, string value, char separator)
        => environment[variable] = environment.TryGetValue(variable, out string? existing) && existing.Length > 0 ? $"{value}{separator}{existing}" : value;

    private static int Execute(string path, string[] arguments, Dictionary<string, string> environment)
    {
        byte** argv = Strings(arguments);
        byte** envp = Strings([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        byte* file = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        // This runtime ignores SIGPIPE from its first instruction on; ignored signals stay so across execve.
        _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_DFL);
        _ = Libc.execve(file, argv, envp);
        throw SyscallException.Last("execve", path, "check that it is an executable for this machine");
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
