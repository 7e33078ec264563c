using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The process that is to be covered. It is not stopped.</summary>
internal static class TargetLook
{
    private const string ShimName = "/libcrashhandler.so";

    private static readonly string[] s_namespaces = ["user", "pid", "mnt", "net"];

    /// <param name="pid">The process.</param>
    /// <param name="runtimeDirectory">XDG_RUNTIME_DIR, one of the places where its handler may listen.</param>
    /// <exception cref="DoctorException">There is no such process.</exception>
    public static TargetFacts Gather(int pid, string? runtimeDirectory)
    {
        string status = ProcText.TryRead($"/proc/{pid}/status") ?? throw new DoctorException($"there is no process {pid} here, or it is hidden; 'ps' shows those there are");
        // Real, effective, saved, of the file system.
        string[] users = (ProcText.Field(status, "Uid") ?? "").Split('\t');
        uint user = users.Length > 1 && uint.TryParse(users[1], CultureInfo.InvariantCulture, out uint effective) ? effective : throw new DoctorException($"process {pid} is gone");
        return new TargetFacts
        {
            ProcessId = pid,
            Name = ProcText.Field(status, "Name") ?? "?",
            User = user,
            Owner = FileStatus.Of($"/proc/{pid}/status")?.UserId ?? throw new DoctorException($"process {pid} is gone"),
            Tracer = int.TryParse(ProcText.Field(status, "TracerPid"), CultureInfo.InvariantCulture, out int tracer) ? tracer : 0,
            HasShim = ProcText.TryRead($"/proc/{pid}/maps")?.Contains(ShimName, StringComparison.Ordinal),
            Missing = ClientLook.Missing(pid, SocketLook.Sockets(runtimeDirectory, user)),
            MemoryErrno = TryMemory(pid),
            OtherNamespaces = OtherNamespaces(pid),
            SeccompMode = int.TryParse(ProcText.Field(status, "Seccomp"), CultureInfo.InvariantCulture, out int mode) ? mode : null,
        };
    }

    /// <summary>What an environment says of diagnostics; null: it cannot be read.</summary>
    public static DiagnosticsFacts? Diagnostics(int? pid, Func<string, string?> variable)
    {
        if (pid is null)
        {
            return EnvironmentLook.Diagnostics("this process", variable);
        }

        return ProcText.TryRead($"/proc/{pid}/environ") is not { } environment ? null
            : EnvironmentLook.Diagnostics($"process {pid}", name => environment.Split('\0').FirstOrDefault(text => text.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..]);
    }

    private static int TryMemory(int pid)
    {
        int fd = Libc.open($"/proc/{pid}/mem", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        _ = Libc.close(fd);
        return 0;
    }

    private static List<string>? OtherNamespaces(int pid)
    {
        List<string> others = [];
        foreach (string name in s_namespaces)
        {
            if (ProcText.TryReadLink($"/proc/{pid}/ns/{name}") is not { } there)
            {
                return null;
            }

            if (there != ProcText.TryReadLink($"/proc/self/ns/{name}"))
            {
                others.Add(name);
            }
        }

        return others;
    }
}
