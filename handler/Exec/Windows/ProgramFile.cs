using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>The file of a program: where it is, how it is run, and whether it will load the startup hook.</summary>
internal static class ProgramFile
{
    private const string Extensions = "PATHEXT", NoCurrentDirectory = "NoDefaultCurrentDirectoryInExePath";

    private static readonly string[] s_batches = [".bat", ".cmd"];

    /// <summary>Finds a program as cmd.exe does.</summary>
    /// <returns>Its absolute path.</returns>
    /// <exception cref="SyscallException">There is none.</exception>
    public static string Find(string name, string? searchPath)
    {
        bool isCurrentDirectoryFirst = Environment.GetEnvironmentVariable(NoCurrentDirectory) is null;
        string? found = ProgramSearch.Candidates(name, searchPath, Environment.GetEnvironmentVariable(Extensions), isCurrentDirectoryFirst).FirstOrDefault(File.Exists);
        return found is not null ? Path.GetFullPath(found) : throw PipeCalls.Failure("CreateProcess", Win32Error.ERROR_FILE_NOT_FOUND, name, "check its name and PATH");
    }

    /// <summary>Whether cmd.exe must run it.</summary>
    public static bool IsBatch(string path) => s_batches.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the startup hook cannot be in this program; null when it can (batch files run under cmd.exe), or when the system will say what is wrong with it.</summary>
    public static string? WhyUncaptured(string path)
    {
        if (IsBatch(path))
        {
            return null;
        }

        using FileStream file = File.OpenRead(path);
        byte[] header = new byte[PortableExecutable.HeaderBytes];
        int bytes = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return PortableExecutable.Read(header.AsSpan(0, bytes)) switch
        {
            null => null,
            { IsManaged: true } => "it is a program of .NET Framework, which loads no startup hook",
            { Machine: not PortableExecutable.Amd64 } => "it is not an x64 program, and crashhandler.dll is for those",
            _ => RuntimeMark.Find(file, RuntimeMark.SingleFile, RuntimeMark.Host) switch
            {
                TargetRuntime.CoreClr => null,
                TargetRuntime.NativeAot => "it is compiled ahead of time (NativeAOT), and loads no startup hook; have it call CrashReporter.Start",
                _ => "it is no .NET program, and into others nothing is preloaded on Windows; the .NET programs that it starts are covered",
            },
        };
    }
}
