using CrashHandler.Handler.Posix;
using CrashHandler.Victims.Windows;

// Tries what handler/Windows makes of POSIX. The exit code is the number of checks that failed; the last line says how many that is.
if (args is ["hold", string path])
{
    LockChecks.Hold(path);
}

if (ProcessChecks.Child(args) is int exitCode)
{
    return exitCode;
}

string directory = Path.Combine(Path.GetTempPath(), $"windows-files-{Environment.ProcessId}");
PosixFiles.CreatePrivateDirectory(directory);
Checks checks = new();
try
{
    FileChecks.Run(checks, directory);
    LockChecks.Run(checks, directory);
    ProcessChecks.Run(checks, directory);
}
finally
{
    Directory.Delete(directory, recursive: true);
}

Console.WriteLine($"{checks.Failed} failed");
return checks.Failed;
