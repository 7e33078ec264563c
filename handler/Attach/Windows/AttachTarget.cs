using System.Diagnostics;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Attach;

/// <summary>A running process, as its handle shows it.</summary>
internal sealed class AttachTarget
{
    private const string CoreClr = "coreclr.dll";
    private const string Host = "dotnet.exe";
    private const string Assembly = ".dll";
    private const string Pipes = @"\\.\pipe\";
    private const uint Access = PipeCalls.PROCESS_QUERY_INFORMATION | PipeCalls.PROCESS_VM_READ | PipeCalls.SYNCHRONIZE;

    private readonly ulong _startTime;

    /// <summary>Looks at a process.</summary>
    /// <exception cref="AttachException">There is none, or it is somebody else's.</exception>
    public AttachTarget(int pid)
    {
        ProcessId = pid;
        using FileDescriptor process = Open();
        RequireSameUser();
        try
        {
            _startTime = ProcessFacts.StartTime(process);
            Executable = ProcessFacts.Program(process);
            CommandLine = ProcessImages.CommandLine(process);
        }
        catch (SyscallException gone)
        {
            throw new AttachException($"process {pid} has ended ({gone.Message})", gone) { IsFinal = true };
        }
    }

    /// <summary>Its pid.</summary>
    public int ProcessId { get; }

    /// <summary>What tells it from every other process, whose pid it may have had or may get.</summary>
    public (int ProcessId, ulong StartTime, string Executable) Identity => (ProcessId, _startTime, Executable);

    /// <summary>Path of its executable.</summary>
    public string Executable { get; }

    /// <summary>Its arguments, the program first.</summary>
    public IReadOnlyList<string> CommandLine { get; }

    /// <summary>Its user's temporary directory, which is this process's.</summary>
    public string TempDirectory => TemporaryDirectory.Path;

    /// <summary>Name of the entry assembly: of the one that <c>dotnet</c> runs, else of the executable.</summary>
    public string Name
    {
        get
        {
            string? assembly = string.Equals(Path.GetFileName(Executable), Host, StringComparison.OrdinalIgnoreCase)
                ? CommandLine.Skip(1).FirstOrDefault(argument => argument.EndsWith(Assembly, StringComparison.OrdinalIgnoreCase)) : null;
            return Path.GetFileNameWithoutExtension(assembly ?? Executable);
        }
    }

    /// <summary>Name of the pipe on which its runtime takes diagnostic commands.</summary>
    public string PortName => PortOf(ProcessId);

    /// <summary>Where it says how it went: in its user's temporary directory, which nobody else may look into.</summary>
    public static string ResultDirectory(string address) => TemporaryDirectory.Path;

    /// <summary>Whether there is a diagnostics port of a process.</summary>
    public static bool HasPort(int processId)
    {
        const uint Shortest = 1; // 0 would be what the pipe's maker thought best.
        // Of a pipe that has no instance to spare, it says ERROR_SEM_TIMEOUT.
        return PipeCalls.WaitNamedPipeW(Pipes + PortOf(processId), Shortest) != 0 || Marshal.GetLastPInvokeError() == PipeCalls.ERROR_SEM_TIMEOUT;
    }

    /// <summary>Whether it sees this file at the same path: all processes do.</summary>
    public bool Sees(string path) => File.Exists(path);

    /// <summary>Name of its diagnostics port; null: there is none.</summary>
    public string? DiagnosticsSocket() => HasPort(ProcessId) ? PortName : null;

    /// <summary>Which runtime it runs on.</summary>
    /// <exception cref="AttachException">It has ended, or is a 32-bit process.</exception>
    /// <exception cref="SyscallException">Its images cannot be listed.</exception>
    /// <exception cref="IOException">Its executable cannot be read.</exception>
    public TargetRuntime Runtime()
    {
        using FileDescriptor process = Open();
        if (ProcessFacts.IsWow64(process))
        {
            throw AttachException.ForGood($"process {ProcessId} ('{Executable}') is a 32-bit process, and crashhandler.dll is for x64; 'crash-handler dump PID' writes a minidump of it");
        }

        if (HasCoreClr(ProcessImages.Of(process.Number, ProcessId)))
        {
            return TargetRuntime.CoreClr;
        }

        using FileStream executable = File.OpenRead(Executable);
        return RuntimeMark.Find(executable, RuntimeMark.SingleFile);
    }

    /// <summary>
    /// Waits until its runtime can take a hook, see <see cref="MappedAssemblies"/>: once it has started. A single-file application does not show that, and is waited for by its age alone.
    /// </summary>
    /// <exception cref="AttachException">It does not start, or has ended.</exception>
    /// <exception cref="SyscallException">Its images cannot be listed.</exception>
    public void WaitForStart()
    {
        using FileDescriptor process = Open();
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < AttachLimits.Start; Thread.Sleep(AttachLimits.Look))
        {
            if (ProcessFacts.IsDead(process))
            {
                throw new AttachException($"process {ProcessId} has ended") { IsFinal = true };
            }

            IReadOnlyList<LoadedImage> images = ProcessImages.Of(process.Number, ProcessId);
            if (MappedAssemblies.Stage(process, images) == StartStage.Started || (images.Count > 0 && !HasCoreClr(images) && Age() > AttachLimits.UnseenStart))
            {
                return;
            }
        }

        throw new AttachException($"process {ProcessId} has loaded no program within {AttachLimits.Start.TotalSeconds} s, and may end if it is asked before; is it stopped?") { IsFinal = true };
    }

    // As the runtime names it (dotnet/diagnostics, ipc-protocol.md).
    private static string PortOf(int processId) => $"dotnet-diagnostic-{processId}";

    private static bool HasCoreClr(IReadOnlyList<LoadedImage> images)
        => images.Any(image => string.Equals(Path.GetFileName(image.Path), CoreClr, StringComparison.OrdinalIgnoreCase));

    private TimeSpan Age() => DateTime.UtcNow - DateTime.FromFileTimeUtc((long)_startTime);

    // A pid is another process's once this one is gone.
    private FileDescriptor Open()
    {
        nint handle = PipeCalls.OpenProcess(Access, 0, (uint)ProcessId);
        if (handle == 0)
        {
            SyscallException failure = PipeCalls.LastFailure("OpenProcess", $"process {ProcessId}");
            throw failure.Errno == Libc.EACCES
                ? new AttachException($"process {ProcessId} does not let itself be looked at ({failure.Message}): it is another user's, or elevated; run crash-handler as its user, or elevated", failure)
                : new AttachException($"there is no process {ProcessId} here", failure);
        }

        FileDescriptor process = new((int)handle);
        if (ProcessFacts.IsDead(process) || (_startTime != 0 && ProcessFacts.StartTime(process) != _startTime))
        {
            process.Dispose();
            throw new AttachException($"there is no process {ProcessId} here") { IsFinal = true };
        }

        return process;
    }

    private void RequireSameUser()
    {
        string? owner = ProcessToken.UserOf(ProcessId);
        if (owner != ProcessToken.Own)
        {
            throw new AttachException($"process {ProcessId} belongs to user {owner ?? "unknown"} and this is user {ProcessToken.Own}; run crash-handler as that user");
        }
    }
}
