using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The process that is to be covered. It is not stopped.</summary>
internal static class TargetLook
{
    private const string FrameworkName = "clr.dll";
    private const int PortMilliseconds = 1;

    /// <exception cref="DoctorException">There is no such process.</exception>
    public static ExaminedProcess Gather(int pid)
    {
        using FileDescriptor? process = TryOpen(pid);
        if (process is not null && ProcessFacts.IsDead(process))
        {
            throw Gone(pid);
        }

        using TargetProcess? opened = TryOpenWhole(pid, out string? why);
        IReadOnlyList<string>? mapped = opened is null ? null : MappedFiles.Of(opened.Handle, DoctorLimits.Regions);
        bool hasPort = HasDiagnosticsPort(pid);
        return new ExaminedProcess
        {
            ProcessId = pid,
            Name = process is null ? "?" : Path.GetFileName(ProcessFacts.Program(process)),
            User = ProcessToken.UserOf(pid),
            IsElevated = TokenRights.Of(pid)?.IsElevated,
            IsWow64 = process is null ? null : ProcessFacts.IsWow64(process),
            IsDebugged = opened is null ? null : ProcessFacts.IsDebugged(opened.Handle),
            WhyClosed = why,
            Runtime = mapped is null ? null
                : Find(mapped, RuntimeFiles.Library) is not null ? ProcessRuntime.CoreClr
                : Find(mapped, FrameworkName) is not null ? ProcessRuntime.Framework
                : hasPort ? ProcessRuntime.InProgram
                : ProcessRuntime.None,
            Library = mapped is null ? null : Find(mapped, InstallationLook.LibraryName),
            HasDiagnosticsPort = hasPort,
        };
    }

    /// <summary>Files that a process has mapped; null: that cannot be seen.</summary>
    public static IReadOnlyList<string>? Mapped(int pid)
    {
        using TargetProcess? opened = TryOpenWhole(pid, out _);
        return opened is null ? null : MappedFiles.Of(opened.Handle, DoctorLimits.Regions);
    }

    /// <summary>The one of a name; null: none.</summary>
    public static string? Find(IReadOnlyList<string> mapped, string name) => mapped.FirstOrDefault(path => Path.GetFileName(path).Equals(name, StringComparison.OrdinalIgnoreCase));

    private static FileDescriptor? TryOpen(int pid)
    {
        try
        {
            return ProcessFacts.Open(pid);
        }
        catch (SyscallException missing) when (missing.Errno == Libc.EINVAL)
        {
            throw Gone(pid);
        }
        catch (SyscallException closed) when (closed.Errno is Libc.EACCES or Libc.EPERM)
        {
            // The system's own, or a protected one: the check says so.
            return null;
        }
    }

    private static TargetProcess? TryOpenWhole(int pid, out string? why)
    {
        try
        {
            why = null;
            return TargetProcess.Open(pid, startTime: null);
        }
        catch (CaptureException gone) when (gone.Step == CaptureStep.Identity)
        {
            throw Gone(pid);
        }
        catch (CaptureException refused)
        {
            why = refused.Reason;
            return null;
        }
    }

    // Nobody connects: that would be a command to the runtime that does not come.
    private static bool HasDiagnosticsPort(int pid)
        => PipeCalls.WaitNamedPipeW($@"\\.\pipe\dotnet-diagnostic-{pid}", PortMilliseconds) != 0
            || System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == PipeCalls.ERROR_SEM_TIMEOUT;

    private static DoctorException Gone(int pid) => new($"there is no process {pid} here; 'tasklist' shows those there are");
}
