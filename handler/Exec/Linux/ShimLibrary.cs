namespace CrashHandler.Handler.Exec;

/// <summary>What of it is Linux's.</summary>
internal static unsafe partial class ShimLibrary
{
    private const string FileName = "libcrashhandler.so";

    // As long as a client waits, see ClientLimits.Launch: some 10 ms are needed.
    private const int LaunchLimitMilliseconds = 5_000;

    /// <summary>
    /// A symbolic link to a file beside a handler's socket, in a directory that is only this user's: neither ld.so's variables nor the runtime's list of
    /// startup hooks can carry a path with a colon.
    /// </summary>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static string Link(string file, string address)
    {
        string link = Path.ChangeExtension(address, Path.GetExtension(file));
        if (new FileInfo(link).LinkTarget != file)
        {
            string made = $"{link}.{Environment.ProcessId}";
            File.CreateSymbolicLink(made, file);
            File.Move(made, link, overwrite: true);
        }

        return link;
    }
}
