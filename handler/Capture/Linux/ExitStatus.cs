using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>How a process ended, for who is not its parent. The status is that of wait(2).</summary>
internal static unsafe class ExitStatus
{
    /// <summary>What has become of a process that was seen before.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="startTime">Tells it from a later one of that pid.</param>
    /// <param name="environmentStart">Tells its program from a later one that it became; see <see cref="ProcStatFields.EnvironmentStart"/>. 0: that is not known.</param>
    public static ProcessStage StageOf(int pid, ulong startTime, ulong environmentStart)
        => Read(pid) is not { } stat || stat.StartTime != startTime || stat.IsExiting ? ProcessStage.Ending
            : environmentStart != 0 && stat.EnvironmentStart == environmentStart ? ProcessStage.Same
            : ProcessStage.Unknown;

    /// <summary>The status of a dead process: from /proc until its parent has reaped it, then from its pidfd (Linux 6.15).</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="startTime">Tells it from a later one of that pid.</param>
    /// <param name="pidFd">Its pidfd, opened while it lived: the kernel keeps the status for who has one.</param>
    /// <returns>Null: the kernel does not tell, or not before it is reaped.</returns>
    public static int? Read(int pid, ulong startTime, FileDescriptor pidFd)
    {
        if (Read(pid) is { IsDead: true } stat && stat.StartTime == startTime)
        {
            return stat.ExitStatus;
        }

        Libc.PidFdInfo info = new() { Mask = Libc.PIDFD_INFO_EXIT };
        return Libc.ioctl(pidFd.Number, Libc.PIDFD_GET_INFO, &info) == 0 && (info.Mask & Libc.PIDFD_INFO_EXIT) != 0 ? info.ExitStatus : null;
    }

    private static ProcStatFields? Read(int pid)
    {
        try
        {
            return ProcStat.Read($"/proc/{pid}/stat");
        }
        catch (Exception gone) when (gone is SyscallException or InvalidDataException)
        {
            // Reaped, or hidden from us (hidepid): there is nothing to be read of it, and that is the answer.
            return null;
        }
    }
}
