using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Why a process does not let itself be stopped, and what to do about it, in words. The kernel says no more than EPERM.</summary>
internal static class TraceRefusal
{
    private const string YamaPath = "/proc/sys/kernel/yama/ptrace_scope";
    private const uint Root = 0;

    /// <summary>Explains it.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="status">Its /proc/PID/status.</param>
    /// <param name="refusal">What ptrace answered; null: it refused nothing, and yet no thread stopped.</param>
    public static string Explain(int processId, ReadOnlySpan<byte> status, SyscallException? refusal)
    {
        uint own = PosixFiles.UserId();
        return refusal is null ? $"no thread of it stopped within {CaptureLimits.StopTime.TotalSeconds} s: it is dead and not reaped by its parent, or waits for a device"
            : processId == Environment.ProcessId ? "a process cannot trace itself"
            : ProcStatus.TracerPid(status) is not 0 and var tracer ? $"process {tracer} traces it already, and only one can; end that debugger first"
            : ProcStatus.UserId(status) is { } owner && owner != own && own != Root ? $"it belongs to user {owner} and this is user {own}; run crash-handler as that user, or as root"
            : Yama() is { } yama && own != Root ? yama
            : own == Root ? $"{refusal.Message}; it is the kernel's own, or root has no CAP_SYS_PTRACE in this container: start that with --cap-add=SYS_PTRACE"
            : $"{refusal.Message}; it called prctl(PR_SET_DUMPABLE, 0) or has rights that user {own} has not: run crash-handler as root";
    }

    private static string? Yama()
    {
        try
        {
            const string Advice = "run crash-handler as root, or set it to 0 with 'sysctl kernel.yama.ptrace_scope=0'";
            return int.Parse(File.ReadAllText(YamaPath), CultureInfo.InvariantCulture) switch
            {
                0 => null,
                1 => $"kernel.yama.ptrace_scope is 1, which lets nobody trace it but its parents and whom it names; {Advice}",
                2 => $"kernel.yama.ptrace_scope is 2, which lets only root trace; {Advice}",
                int scope => $"kernel.yama.ptrace_scope is {scope}, which lets nobody trace until the machine is started anew; have the process call CrashReporter.Start before it crashes",
            };
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException or FormatException)
        {
            // No Yama in this kernel, or none that can be asked: the kernel's own rules stand alone.
            return null;
        }
    }
}
