namespace CrashHandler.Tests.Tools;

/// <summary>Copies of programs that are started afterwards.</summary>
internal static class ProgramFile
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Copies a file. A program is copied by another process: a child that a test beside this one forks meanwhile would hold the new file open for writing until it
    /// executes, and whoever starts the program then gets "Text file busy".
    /// </summary>
    public static void Copy(string from, string to)
    {
        if ((File.GetUnixFileMode(from) & Executable) == 0)
        {
            File.Copy(from, to);
            return;
        }

        ToolResult result = ToolProcess.Run("cp", s_limit, "--preserve=mode", from, to);
        if (result.ExitCode != 0)
        {
            throw new IOException(result.Error);
        }
    }
}
