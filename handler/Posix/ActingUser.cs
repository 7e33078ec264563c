using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Opens files on the calling thread with another user's rights, and with root's again when disposed of, on the same thread: setfsuid(2), setfsgid(2), and setgroups(2) as the kernel has it, for one
/// thread. While it lasts, the thread has none of the capabilities that pass over a file's mode (capabilities(7), "Effect of user ID changes on capabilities").
/// </summary>
internal sealed unsafe partial class ActingUser : IDisposable
{
    // What glibc has of these changes all threads.
    private const long SYS_getgroups = 115, SYS_setgroups = 116, SYS_setfsuid = 122, SYS_setfsgid = 123;

    // setfsuid(2) fails with it, and tells who it is.
    private const nint Nobody = -1;

    private readonly uint _formerUser;
    private readonly uint _formerGroup;
    private readonly uint[] _formerGroups;

    /// <summary>Begins.</summary>
    /// <exception cref="SyscallException">The kernel refused; the thread is as it was.</exception>
    public ActingUser(uint user, uint group)
    {
        _formerGroups = Groups();
        _formerUser = Ask(SYS_setfsuid);
        _formerGroup = Ask(SYS_setfsgid);
        try
        {
            SetGroups([]);
            Set(SYS_setfsgid, "setfsgid", group);
            Set(SYS_setfsuid, "setfsuid", user);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Set(SYS_setfsuid, "setfsuid", _formerUser);
        Set(SYS_setfsgid, "setfsgid", _formerGroup);
        SetGroups(_formerGroups);
    }

    private static uint Ask(long call) => (uint)syscall(call, Nobody, 0);

    // These calls tell of no failure.
    private static void Set(long call, string name, uint id)
    {
        _ = syscall(call, (nint)id, 0);
        if (Ask(call) != id)
        {
            throw new SyscallException(name, Libc.EPERM, $"{id}");
        }
    }

    private static uint[] Groups()
    {
        long count = syscall(SYS_getgroups, 0, 0);
        uint[] groups = count >= 0 ? new uint[count] : throw SyscallException.Last("getgroups");
        fixed (uint* first = groups)
        {
            return syscall(SYS_getgroups, groups.Length, (nint)first) == groups.Length ? groups : throw SyscallException.Last("getgroups");
        }
    }

    private static void SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* first = groups)
        {
            if (syscall(SYS_setgroups, groups.Length, (nint)first) != 0)
            {
                throw SyscallException.Last("setgroups");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)] private static partial long syscall(long number, nint first, nint second);
}
