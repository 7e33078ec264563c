using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Who this process is, and how it becomes less: credentials(7), capabilities(7).</summary>
internal static unsafe partial class Credentials
{
    private const string Libc = "libc";

    // prctl(2)
    private const int PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39;

    // capget(2): _LINUX_CAPABILITY_VERSION_3, two words of each set.
    private const uint CapabilityVersion = 0x20080522;
    private const int CapabilityWords = 2;
    private const long SYS_capget = 125, SYS_capset = 126;

    private const int SIGKILL = 9;

    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilityHeader
    {
        public uint Version;
        public int Pid;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilityData
    {
        public uint Effective;
        public uint Permitted;
        public uint Inheritable;
    }

    /// <summary>The real, effective and saved user are all this one, and so are the groups; supplementary ones aside.</summary>
    public static bool Are(uint user, uint group)
    {
        uint ruid, euid, suid, rgid, egid, sgid;
        return getresuid(&ruid, &euid, &suid) == 0 && ruid == user && euid == user && suid == user
            && getresgid(&rgid, &egid, &sgid) == 0 && rgid == group && egid == group && sgid == group;
    }

    /// <summary>
    /// Becomes a user and group for good, without supplementary groups, in every thread. Whoever is them already and may not change its groups keeps those:
    /// it was started with them by this user.
    /// </summary>
    /// <exception cref="SyscallException">The kernel refused, or it did not do what it said.</exception>
    public static void Become(uint user, uint group)
    {
        // The errno first: whoever asks who we are makes calls of its own.
        if (setgroups(0, null) != 0 && !(Marshal.GetLastPInvokeError() == Posix.Libc.EPERM && Are(user, group)))
        {
            throw SyscallException.Last("setgroups", "none", "the handler needs CAP_SETGID to become the user of another process");
        }

        if (setresgid(group, group, group) != 0)
        {
            throw SyscallException.Last("setresgid", $"{group}", "the handler needs CAP_SETGID to become the group of another process");
        }

        if (setresuid(user, user, user) != 0)
        {
            throw SyscallException.Last("setresuid", $"{user}", "the handler needs CAP_SETUID to become the user of another process");
        }

        if (!Are(user, group))
        {
            throw new SyscallException("getresuid", Posix.Libc.EPERM, $"{user}", "the kernel took the new user and has another one");
        }
    }

    /// <summary>
    /// Gives up every capability of the calling thread, and of those that it starts, and that execve could bring any. Nobody may look into this process any
    /// more, and it ends with the one that started it.
    /// </summary>
    /// <exception cref="SyscallException">The kernel refused, or it did not do what it said.</exception>
    public static void GiveUpPrivileges()
    {
        CapabilityHeader header = new() { Version = CapabilityVersion };
        CapabilityData* none = stackalloc CapabilityData[CapabilityWords];
        new Span<CapabilityData>(none, CapabilityWords).Clear();
        Check(syscall(SYS_capset, (nint)(&header), (nint)none) == 0, "capset", "none");
        CapabilityData* left = stackalloc CapabilityData[CapabilityWords];
        header.Version = CapabilityVersion;
        Check(syscall(SYS_capget, (nint)(&header), (nint)left) == 0, "capget", "self");
        for (int word = 0; word < CapabilityWords; word++)
        {
            if ((left[word].Effective | left[word].Permitted | left[word].Inheritable) != 0)
            {
                throw new SyscallException("capget", Posix.Libc.EPERM, "self", "capabilities were given up and are still there");
            }
        }

        Check(Posix.Libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "prctl", "PR_SET_NO_NEW_PRIVS");
        if (Posix.Libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        {
            throw new SyscallException("prctl", Posix.Libc.EPERM, "PR_GET_NO_NEW_PRIVS", "it was set and is not");
        }

        Check(Posix.Libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "prctl", "PR_SET_DUMPABLE");
        // A change of user has taken back what the parent may have set.
        Check(Posix.Libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "prctl", "PR_SET_PDEATHSIG");
    }

    /// <summary>
    /// Whether a thread of this process still has capabilities, or may gain some: what <see cref="GiveUpPrivileges"/> gives up is the calling thread's, and the runtime
    /// has begun others before.
    /// </summary>
    /// <exception cref="IOException">That cannot be read.</exception>
    public static bool HasPrivilegedThread()
    {
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            foreach (string line in File.ReadLines($"{thread}/status"))
            {
                bool isPrivileged = line.StartsWith("NoNewPrivs:", StringComparison.Ordinal) ? line[^1] != '1'
                    : (line.StartsWith("CapPrm:", StringComparison.Ordinal) || line.StartsWith("CapInh:", StringComparison.Ordinal)) && line.AsSpan("CapPrm:".Length).Trim('\t').ContainsAnyExcept('0');
                if (isPrivileged)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Begins this program again, whose threads all have what the calling one has now: with no_new_privs set, execve gives root nothing back either.</summary>
    /// <param name="arguments">Its arguments, its name the first; no environment.</param>
    /// <returns>Why it did not.</returns>
    public static SyscallException BeginAgain(params ReadOnlySpan<string> arguments)
    {
        byte** pointers = stackalloc byte*[arguments.Length + 1];
        for (int i = 0; i < arguments.Length; i++)
        {
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        pointers[arguments.Length] = null;
        byte** environment = stackalloc byte*[] { null };
        fixed (byte* path = "/proc/self/exe\0"u8)
        {
            _ = Posix.Libc.execve(path, pointers, environment);
        }

        return SyscallException.Last("execve", "/proc/self/exe");
    }

    private static void Check(bool succeeded, string syscall, string subject)
    {
        if (!succeeded)
        {
            throw SyscallException.Last(syscall, subject);
        }
    }

    [LibraryImport(Libc, SetLastError = true)] private static partial int setgroups(nint count, uint* groups);
    [LibraryImport(Libc, SetLastError = true)] private static partial int setresuid(uint real, uint effective, uint saved);
    [LibraryImport(Libc, SetLastError = true)] private static partial int setresgid(uint real, uint effective, uint saved);
    [LibraryImport(Libc, SetLastError = true)] private static partial int getresuid(uint* real, uint* effective, uint* saved);
    [LibraryImport(Libc, SetLastError = true)] private static partial int getresgid(uint* real, uint* effective, uint* saved);
    [LibraryImport(Libc, SetLastError = true)] private static partial long syscall(long number, nint a, nint b);
}
