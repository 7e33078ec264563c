using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>A running process, as /proc shows it.</summary>
internal sealed class AttachTarget
{
    private const string CoreClr = "/libcoreclr.so";
    private const string Host = "dotnet";
    private const string Assembly = ".dll";
    private const string DefaultTemp = "/tmp";

    private readonly int _pidInside;
    private readonly ulong _startTime;
    private readonly bool _isHeldAtStart;

    /// <summary>Looks at a process.</summary>
    /// <exception cref="AttachException">There is none, or it is somebody else's.</exception>
    public AttachTarget(int pid)
    {
        ProcessId = pid;
        try
        {
            byte[] status = ProcFs.Read($"/proc/{pid}/status", AttachLimits.ProcFileBytes, out _);
            _pidInside = ProcStatus.NamespacePids(status) is [.., int inside] ? inside : pid;
            _startTime = ProcStat.ReadStartTime(pid);
            RequireSameUser();
            Executable = ProcFs.ReadLink($"/proc/{pid}/exe");
            CommandLine = Texts("cmdline");
            string[] environment = Texts("environ");
            TempDirectory = environment.FirstOrDefault(text => text.StartsWith("TMPDIR=/", StringComparison.Ordinal))?["TMPDIR=".Length..] ?? DefaultTemp;
            _isHeldAtStart = environment.Any(IsHolding);
        }
        catch (SyscallException gone) when (gone.Errno is Libc.ENOENT or Libc.ESRCH)
        {
            throw new AttachException($"there is no process {pid} here", gone);
        }
        catch (SyscallException closed) when (closed.Errno is Libc.EACCES or Libc.EPERM)
        {
            throw new AttachException($"process {pid} does not let itself be looked at ({closed.Message}); run crash-handler as its user, or with more rights", closed);
        }
    }

    /// <summary>Its pid, as seen from here.</summary>
    public int ProcessId { get; }

    /// <summary>What tells it from every other process, whose pid it may have had or may get, and from the program that it was before an execve.</summary>
    public (int ProcessId, ulong StartTime, string Executable) Identity => (ProcessId, _startTime, Executable);

    /// <summary>Path of its executable.</summary>
    public string Executable { get; }

    /// <summary>Its arguments, the program first.</summary>
    public IReadOnlyList<string> CommandLine { get; }

    /// <summary>Its temporary directory.</summary>
    public string TempDirectory { get; }

    /// <summary>Name of the entry assembly: of the one that <c>dotnet</c> runs, else of the executable.</summary>
    public string Name
    {
        get
        {
            string own = Path.GetFileName(Executable);
            string? assembly = own == Host ? CommandLine.Skip(1).FirstOrDefault(argument => argument.EndsWith(Assembly, StringComparison.Ordinal)) : null;
            return assembly is null ? own : Path.GetFileNameWithoutExtension(assembly);
        }
    }

    /// <summary>Where it says how it went: beside its handler's socket, which it sees.</summary>
    public static string ResultDirectory(string address) => Path.GetDirectoryName(address)!;

    /// <summary>Whether it sees this file at the same path: not so in another container.</summary>
    public bool Sees(string path) => File.Exists($"/proc/{ProcessId}/root{path}");

    /// <summary>File name of the <see cref="KeptDiagnosticsSocket"/>. Not one that tools look for.</summary>
    public string KeptDiagnosticsSocketName => $"crash-handler-diagnostic-{_pidInside}-{_startTime}";

    /// <summary>Path of the socket on which its runtime takes diagnostic commands; null: there is none.</summary>
    // As the runtime names it (dotnet/diagnostics, ipc-protocol.md): pid and start time, both as the process sees them.
    public string? DiagnosticsSocket() => OwnInTemp($"dotnet-diagnostic-{_pidInside}-{_startTime}-socket");

    /// <summary>The same by the name that a dying process's has; null: there is none.</summary>
    public string? LastDiagnosticsSocket()
        // The kept one first: the other name is anybody's to take once the runtime has removed it.
        => OwnInTemp(KeptDiagnosticsSocketName) ?? DiagnosticsSocket();

    // The directory may be everybody's, and somebody else's file of this name no socket of this process.
    private string? OwnInTemp(string name)
    {
        try
        {
            return InTemp(name) is { } path && PosixFiles.LinkOwner(path) == PosixFiles.UserId() ? path : null;
        }
        catch (SyscallException gone) when (gone.Errno == Libc.ENOENT)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether it is a .NET process, as far as that is seen without searching its executable: by the runtime's library or its diagnostics port. Neither has a
    /// NativeAOT program, nor a single-file one that switched its port off.
    /// </summary>
    /// <exception cref="SyscallException">Its maps cannot be read.</exception>
    public bool IsSeenToBeDotNet() => DiagnosticsSocket() is not null || HasCoreClr();

    /// <summary>Which runtime it runs on.</summary>
    /// <exception cref="SyscallException">Its maps cannot be read.</exception>
    /// <exception cref="IOException">Its executable cannot be read.</exception>
    public TargetRuntime Runtime()
    {
        if (HasCoreClr())
        {
            return TargetRuntime.CoreClr;
        }

        using FileStream executable = File.OpenRead($"/proc/{ProcessId}/exe");
        return RuntimeMark.Find(executable, RuntimeMark.SingleFile);
    }

    private bool HasCoreClr() => HasCoreClr(Maps());

    private static bool HasCoreClr(string[] maps) => maps.Any(line => line.EndsWith(CoreClr, StringComparison.Ordinal));

    private string[] Maps() => Encoding.UTF8.GetString(ProcFs.Read($"/proc/{ProcessId}/maps", AttachLimits.ProcFileBytes, out _)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string? InTemp(string name)
    {
        string path = Path.Combine(TempDirectory, name);
        return new[] { path, $"/proc/{ProcessId}/root{path}" }.FirstOrDefault(File.Exists);
    }

    /// <summary>
    /// Waits until its runtime can take a hook, see <see cref="MappedAssemblies"/>: once it has started, or for as long as it is held at its start. A single-file application
    /// whose assemblies are compressed shows neither, and is waited for by its age alone.
    /// </summary>
    /// <exception cref="AttachException">It does not start, or has ended.</exception>
    /// <exception cref="SyscallException">Its maps cannot be read.</exception>
    public void WaitForStart()
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < AttachLimits.Start; Thread.Sleep(AttachLimits.Look))
        {
            string[] maps = Maps();
            if (maps.Length == 0)
            {
                throw new AttachException($"process {ProcessId} has ended") { IsFinal = true };
            }

            StartStage stage = MappedAssemblies.Stage(maps, Executable);
            if (stage == StartStage.Started || (stage == StartStage.Empty && _isHeldAtStart) || (!HasCoreClr(maps) && Age() > AttachLimits.UnseenStart))
            {
                return;
            }
        }

        throw new AttachException($"process {ProcessId} has loaded no program within {AttachLimits.Start.TotalSeconds} s, and may end if it is asked before; is it stopped?") { IsFinal = true };
    }

    private TimeSpan Age()
        // proc_pid_stat(5), proc_uptime(5): both count from the start of the machine, one in hundredths of a second.
        => TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture)) - TimeSpan.FromMilliseconds(_startTime * 10);

    // The runtime's documentation, "Diagnostic port": it waits until it is resumed, at the default port if that is set to, at others unless they are set not to.
    private static bool IsHolding(string variable)
        => variable == "DOTNET_DefaultDiagnosticPortSuspend=1"
            || (variable.StartsWith("DOTNET_DiagnosticPorts=", StringComparison.Ordinal) && variable.Split(';').Any(port => !port.Contains("nosuspend", StringComparison.Ordinal)));

    private void RequireSameUser()
    {
        uint own = PosixFiles.UserId();
        uint owner = PosixFiles.Owner($"/proc/{ProcessId}");
        if (owner != own)
        {
            throw new AttachException($"process {ProcessId} belongs to user {owner} and this is user {own}; run crash-handler as that user");
        }
    }

    private string[] Texts(string file)
        => Encoding.UTF8.GetString(ProcFs.Read($"/proc/{ProcessId}/{file}", AttachLimits.ProcFileBytes, out _)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
