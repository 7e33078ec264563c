using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What the kernel says of this process and of itself.</summary>
internal static unsafe class SelfLook
{
    // Inodes of the machine's first namespaces (linux/proc_ns.h).
    private const string FirstUserNamespace = "user:[4026531837]";
    private const string FirstPidNamespace = "pid:[4026531836]";

    // What engines leave in their containers.
    private static readonly string[] s_containerMarks = ["/.dockerenv", "/run/.containerenv"];

    private static string? Status => ProcText.TryRead("/proc/self/status");

    public static string KernelRelease() => Machine.System.Release;

    /// <summary>Null: it is another C library.</summary>
    public static Version? GlibcVersion()
    {
        try
        {
            return Version.TryParse(Marshal.PtrToStringUTF8((nint)Libc.gnu_get_libc_version()), out Version? version) ? version : null;
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has this function.
            return null;
        }
    }

    /// <summary>Null: no Yama.</summary>
    public static int? PtraceScope() => Number(ProcText.TryRead("/proc/sys/kernel/yama/ptrace_scope"));

    public static string? CorePattern() => ProcText.TryRead("/proc/sys/kernel/core_pattern");

    public static CapabilityFacts Capabilities()
    {
        string? status = Status;
        return new CapabilityFacts(PosixFiles.UserId(), Bits("CapEff"), Bits("CapBnd"), IsOwn("user", FirstUserNamespace));

        ulong Bits(string name) => ulong.TryParse(ProcText.Field(status, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) ? bits : 0;
    }

    public static SeccompFacts Seccomp()
    {
        string? status = Status;
        return new SeccompFacts(Number(ProcText.Field(status, "Seccomp")), Number(ProcText.Field(status, "Seccomp_filters")));
    }

    /// <summary>What a security module calls this process; null: there is none.</summary>
    public static string? SecurityLabel() => ProcText.TryRead("/proc/self/attr/apparmor/current") ?? ProcText.TryRead("/proc/self/attr/current");

    public static NamespaceFacts Namespaces(Func<string, string?> variable)
    {
        string? mark = s_containerMarks.FirstOrDefault(File.Exists)
            ?? (variable("KUBERNETES_SERVICE_HOST") is not null ? "KUBERNETES_SERVICE_HOST" : null)
            ?? (variable("container") is { Length: > 0 } kind ? kind : null);
        return new NamespaceFacts(mark, IsOwn("pid", FirstPidNamespace), IsOwn("user", FirstUserNamespace), ProcText.TryRead("/proc/1/comm"));
    }

    public static LimitFacts Limits()
    {
        string? group = ProcText.TryRead("/proc/self/cgroup")?.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?["0::".Length..];
        string[] places = [$"/sys/fs/cgroup{group}", "/sys/fs/cgroup"];
        return new LimitFacts(
            Limit(Libc.RLIMIT_NOFILE),
            Limit(Libc.RLIMIT_CORE),
            places.Select(place => Long(ProcText.TryRead($"{place}/pids.max"))).FirstOrDefault(most => most is not null),
            places.Select(place => Long(ProcText.TryRead($"{place}/pids.current"))).FirstOrDefault(tasks => tasks is not null));
    }

    private static bool IsOwn(string kind, string first) => ProcText.TryReadLink($"/proc/self/ns/{kind}") is { } here && here != first;

    private static ulong Limit(int resource)
    {
        Libc.RLimit limit;
        return Libc.prlimit64(0, resource, null, &limit) == 0 ? limit.Current : throw SyscallException.Last("prlimit", $"{resource}");
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static long? Long(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
