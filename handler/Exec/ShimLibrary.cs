using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Daemon;

namespace CrashHandler.Handler.Exec;

/// <summary>The shim beside this executable: <c>exec</c> uses the one piece of code that starts a handler twice removed.</summary>
internal static unsafe class ShimLibrary
{
    private const string FileName = "libcrashhandler.so";

    // As long as a client waits, see ClientLimits.Launch: some 10 ms are needed.
    private const int LaunchLimitMilliseconds = 5_000;

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

    /// <summary>
    /// A symbolic link to the shim beside a handler's socket, in a directory that is only this user's: no variable of ld.so's can carry a path
    /// with a colon.
    /// </summary>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static string Link(string shim, string address)
    {
        string link = Path.ChangeExtension(address, ".so");
        if (new FileInfo(link).LinkTarget != shim)
        {
            string made = $"{link}.{Environment.ProcessId}";
            File.CreateSymbolicLink(made, shim);
            File.Move(made, link, overwrite: true);
        }

        return link;
    }

    /// <summary>Starts a handler for a database, or finds the live one.</summary>
    /// <returns>Its address.</returns>
    /// <exception cref="DaemonException">None can be had.</exception>
    public static string Launch(string shim, string database, Uri? url)
    {
        nint library = NativeLibrary.Load(shim);
        delegate* unmanaged<byte*, byte**, int, byte*, int> launch =
            (delegate* unmanaged<byte*, byte**, int, byte*, int>)NativeLibrary.GetExport(library, "crash_handler_launch");
        List<string> arguments = [Executables.Resident, "run", "--database", database];
        if (url is not null)
        {
            arguments.AddRange(["--url", url.AbsoluteUri]);
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
