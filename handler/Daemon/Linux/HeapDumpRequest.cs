using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Microsoft.Diagnostics.NETCore.Client;

namespace CrashHandler.Handler.Daemon;

/// <summary>A runtime that is asked for a heap dump: an ELF core, for which it forks its createdump.</summary>
internal sealed class HeapDumpRequest : IDisposable
{
    private const int SIGKILL = 9;
    private const int ResidentPagesField = 1;

    private readonly int _processId;
    private readonly string _socket;
    private DiagnosticsPort? _port;

    private HeapDumpRequest(int processId, string socket)
    {
        _processId = processId;
        _socket = socket;
    }

    private static ReadOnlySpan<byte> ElfMagic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>To a process's runtime.</summary>
    /// <exception cref="AttachException">Nobody is to be asked there.</exception>
    public static HeapDumpRequest To(int processId)
    {
        AttachTarget target = new(processId);
        return new HeapDumpRequest(processId, target.LastDiagnosticsSocket() ?? throw new AttachException(
            $"the process has no diagnostics port in '{target.TempDirectory}': it was started with DOTNET_EnableDiagnostics=0, changed its TMPDIR, or is compiled ahead of time (NativeAOT)"));
    }

    /// <summary>Whether it is a failure of these calls alone.</summary>
    public static bool IsRefusal(Exception failure) => failure is AttachException;

    /// <summary>What the process has in memory.</summary>
    /// <exception cref="InvalidDataException">That is not said.</exception>
    public long ResidentBytes()
    {
        string path = $"/proc/{_processId}/statm";
        string[] pages = System.Text.Encoding.ASCII.GetString(ProcFs.Read(path, AttachLimits.ProcFileBytes, out _)).Split(' ');
        return pages.Length > ResidentPagesField && long.TryParse(pages[ResidentPagesField], out long resident) ? resident * Environment.SystemPageSize
            : throw new InvalidDataException($"{path} does not say how much memory is resident");
    }

    /// <summary>Asks.</summary>
    /// <returns>Completes when it is written; fails as the runtime says.</returns>
    /// <exception cref="IOException">The process cannot write there.</exception>
    /// <exception cref="AttachException">Nobody answers.</exception>
    public Task Begin(DumpType type, string path)
    {
        // createdump opens the file, where the process is at home.
        string directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists($"/proc/{_processId}/root{directory}"))
        {
            throw new IOException($"the process sees another file system, without '{directory}'; run it and its handler in one container");
        }

        _port = DiagnosticsPort.Connect(_processId, _socket);
        return _port.WriteDump(type, path);
    }

    /// <summary>Kills the createdump: it holds every thread of the process, the one that waits for us included, and the process could not even die.</summary>
    /// <returns>What became of it, to be put behind why; empty: there is none.</returns>
    public string GiveUp()
    {
        int tracer = ProcStatus.TracerPid(ProcFs.Read($"/proc/{_processId}/status", AttachLimits.ProcFileBytes, out _));
        if (tracer == 0 || ProcStatus.ParentPid(ProcFs.Read($"/proc/{tracer}/status", AttachLimits.ProcFileBytes, out _)) != _processId)
        {
            return "";
        }

        return Libc.kill(tracer, SIGKILL) == 0 ? $"; its createdump, process {tracer}, was killed" : $"; {SyscallException.Last("kill", $"{tracer}").Message}";
    }

    /// <summary>Looks whether it is there.</summary>
    /// <exception cref="InvalidDataException">It is not, whatever the runtime said.</exception>
    public static void RequireDump(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"the runtime says that it made it, and there is none; of a single-file program it makes only {nameof(DumpType.Full)}");
        }

        using FileStream core = DurableFile.OpenStream(path);
        Span<byte> magic = stackalloc byte[ElfMagic.Length];
        if (core.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) != magic.Length || !magic.SequenceEqual(ElfMagic))
        {
            throw new InvalidDataException("the runtime says that it made it, and the file is none");
        }
    }

    public void Dispose() => _port?.Dispose();
}
