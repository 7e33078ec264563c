using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>
/// The process that tries what a capture calls, on a child of its own: one of its own, because a seccomp filter may kill who calls.
/// </summary>
internal static unsafe class Attempts
{
    private static bool s_isTraced;

    /// <summary>Tries them all.</summary>
    /// <param name="program">This program, to be the child.</param>
    /// <param name="subject">Arguments that make it one.</param>
    /// <param name="output">Where it says so.</param>
    public static void Run(string program, IReadOnlyList<string> subject, TextWriter output)
    {
        // Whoever is killed here must leave no core behind.
        Libc.RLimit none = new(0);
        _ = Libc.prlimit64(0, Libc.RLIMIT_CORE, &none, null);
        // It ends with its input, at the latest when this process does.
        using Process child = Process.Start(new ProcessStartInfo(program, subject) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        // The runtime would take the stop of a traced child for its end.
        _ = Libc.signal(Libc.SIGCHLD, Libc.SIG_DFL);
        child.StandardOutput.ReadLine();
        int pid = child.Id;
        Try(AttemptFacts.MemfdCreate, () => Opened(Libc.memfd_create("crash-handler-doctor", Libc.MFD_CLOEXEC)));
        int pidFd = -1;
        Try(AttemptFacts.PidfdOpen, () => (pidFd = Libc.pidfd_open(pid, 0)) >= 0);
        if (pidFd >= 0)
        {
            Try(AttemptFacts.PidfdGetfd, () => Opened(Libc.pidfd_getfd(pidFd, 0, 0)));
        }

        Try(AttemptFacts.Memory, () => Opened(Libc.open($"/proc/{pid}/mem", Libc.O_RDONLY | Libc.O_CLOEXEC, 0)));
        Try(AttemptFacts.ProcessVmReadv, () => Read(pid));
        Try(AttemptFacts.Ptrace, () => Stop(pid));
        if (s_isTraced)
        {
            _ = Libc.ptrace(Libc.PTRACE_DETACH, pid, 0, 0);
        }

        child.StandardInput.Close();
        int status;
        _ = Libc.waitpid(pid, &status, 0);

        void Try(string call, Func<bool> attempt) => AttemptLook.Try(output, call, () => attempt() ? 0 : Marshal.GetLastPInvokeError());
    }

    private static bool Opened(int fd)
    {
        if (fd < 0)
        {
            return false;
        }

        _ = Libc.close(fd);
        return true;
    }

    private static bool Read(int pid)
    {
        // Any mapping that may be read will do; its file in /proc is closed where its memory is.
        string? maps = ProcText.TryRead($"/proc/{pid}/maps");
        string? first = maps?.Split('\n').FirstOrDefault(line => line.Contains(" r", StringComparison.Ordinal));
        nint address = first is null ? 0 : nint.Parse(first.AsSpan(0, first.IndexOf('-')), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        byte value;
        Libc.IoVec local = new((nint)(&value), 1), remote = new(address, 1);
        return Libc.process_vm_readv(pid, &local, 1, &remote, 1, 0) == 1;
    }

    private static bool Stop(int pid)
    {
        if (Libc.ptrace(Libc.PTRACE_SEIZE, pid, 0, 0) != 0 || Libc.ptrace(Libc.PTRACE_INTERRUPT, pid, 0, 0) != 0)
        {
            return false;
        }

        long began = Stopwatch.GetTimestamp();
        int status;
        while (Libc.waitpid(pid, &status, Libc.WNOHANG | Libc.__WALL) != pid)
        {
            if (Stopwatch.GetElapsedTime(began) > DoctorLimits.Stop)
            {
                Marshal.SetLastPInvokeError(Libc.EAGAIN);
                return false;
            }

            Thread.Sleep(DoctorLimits.StopInterval);
        }

        return s_isTraced = true;
    }
}
