using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>
/// The two executables that this code makes. <c>crash-handler</c> stays beside an application: whatever is linked into it is private memory of every idle handler, so it has no
/// verbs but its own two, and becomes <c>crash-handler-cli</c>, which has them all, for every other.
/// </summary>
internal static unsafe class Executables
{
    private const string ResidentName = "crash-handler";
    private const string CommandLineName = "crash-handler-cli";

    /// <summary>Path of the one that runs as a handler, and that people call.</summary>
    public static string Resident => Path.Combine(AppContext.BaseDirectory, ResidentName);

    private static string CommandLine => Path.Combine(AppContext.BaseDirectory, CommandLineName);

    /// <summary>Goes on as the one with every verb; returns only to say why it cannot.</summary>
    public static SyscallException BecomeCommandLine(ReadOnlySpan<string> arguments) => Become(CommandLine, arguments);

    /// <summary>Goes on as the handler, with this process's own arguments; returns only to say why it cannot.</summary>
    public static SyscallException BecomeResident() => Become(Resident, Environment.GetCommandLineArgs().AsSpan(1));

    private static SyscallException Become(string path, ReadOnlySpan<string> arguments)
    {
        // Never freed: execve replaces the process, or it ends with an error.
        byte** pointers = (byte**)Marshal.AllocHGlobal((arguments.Length + 2) * sizeof(byte*));
        byte* file = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        // What people called: help names itself by it.
        pointers[0] = (byte*)Marshal.StringToCoTaskMemUTF8(Resident);
        for (int i = 0; i < arguments.Length; i++)
        {
            pointers[i + 1] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        pointers[arguments.Length + 1] = null;
        _ = Libc.execv(file, pointers);
        return SyscallException.Last("execve", path, "it belongs beside crash-handler: install the package whole");
    }
}
