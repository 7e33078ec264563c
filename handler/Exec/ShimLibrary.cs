using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Daemon;

namespace CrashHandler.Handler.Exec;

/// <summary>The shim beside this executable: <c>exec</c> uses the one piece of code that starts a handler twice removed.</summary>
internal static unsafe partial class ShimLibrary
{
    // struct crash_handler_result of client/native/crash_handler.h: four words, then the message.
    private const int ResultBytes = 528;
    private const int MessageOffset = 16;

    /// <summary>Absolute path of the shim.</summary>
    /// <exception cref="DaemonException">It is not beside the executable.</exception>
    public static string FindPath()
    {
        string path = Path.Combine(AppContext.BaseDirectory, FileName);
        return File.Exists(path) ? path : throw new DaemonException($"'{path}' is missing; it ships beside crash-handler");
    }

    /// <summary>Starts a handler for a database, or finds the live one.</summary>
    /// <param name="shim">Path of the shim.</param>
    /// <param name="database">Directory of the reports.</param>
    /// <param name="url">Where they are sent; null: nowhere, unless a process says.</param>
    /// <param name="annotations">For every report of a handler that is started, <c>KEY=VALUE</c> each; a live one keeps its own.</param>
    /// <returns>Its address.</returns>
    /// <exception cref="DaemonException">None can be had.</exception>
    public static string Launch(string shim, string database, Uri? url, IReadOnlyList<string> annotations)
    {
        nint library = NativeLibrary.Load(shim);
        delegate* unmanaged<byte*, byte**, int, byte*, int> launch =
            (delegate* unmanaged<byte*, byte**, int, byte*, int>)NativeLibrary.GetExport(library, "crash_handler_launch");
        List<string> arguments = [Executables.Resident, "run", "--database", database];
        if (url is not null)
        {
            arguments.AddRange(["--url", url.AbsoluteUri]);
        }

        foreach (string annotation in annotations)
        {
            arguments.AddRange(["--annotation", annotation]);
        }

        byte** argv = stackalloc byte*[arguments.Count + 1];
        byte* result = stackalloc byte[ResultBytes];
        new Span<byte>(result, ResultBytes).Clear();
        for (int i = 0; i < arguments.Count; i++)
        {
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        argv[arguments.Count] = null;
        int errno = launch(argv[0], argv, LaunchLimitMilliseconds, result);
        string message = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result + MessageOffset));
        for (int i = 0; i < arguments.Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)argv[i]);
        }

        string[] words = message.TrimEnd('\n').Split(' ', 3);
        return errno == 0 && words is ["ready" or "held", _, string address]
            ? address
            : throw new DaemonException($"the handler could not start: {message}");
    }
}
