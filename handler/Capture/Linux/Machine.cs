using System.Runtime.Intrinsics.X86;
using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What does not change while the machine runs; read once.</summary>
internal static unsafe class Machine
{
    private const int ExtendedLeaf = unchecked((int)0x80000001);
    private static readonly Lazy<SystemSnapshot> s_system = new(ReadSystem, LazyThreadSafetyMode.PublicationOnly);
    private static readonly Lazy<byte[]> s_cpuInfo =
        new(() => ProcFs.Read("/proc/cpuinfo", CaptureLimits.ProcFileBytes, out _), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The machine as uname, sysconf and cpuid say it.</summary>
    /// <exception cref="SyscallException">uname is refused; tried again the next time.</exception>
    public static SystemSnapshot System => s_system.Value;

    /// <summary>/proc/cpuinfo: some machines need milliseconds for it.</summary>
    /// <exception cref="SyscallException">It cannot be read; tried again the next time.</exception>
    public static byte[] CpuInfo => s_cpuInfo.Value;

    /// <summary>Reads what is read once; what fails is tried again when it is needed.</summary>
    public static void Prepare()
    {
        try
        {
            _ = System;
            _ = CpuInfo;
        }
        catch (SyscallException)
        {
            // Whoever needs it meets the same, and says so.
        }
    }

    /// <summary>When the machine started, by the clock of now: the same clock counts /proc/PID/stat's start times.</summary>
    /// <exception cref="SyscallException">The clock is refused.</exception>
    public static DateTimeOffset BootTime()
    {
        Libc.TimeSpec sinceBoot;
        return Libc.clock_gettime(Libc.CLOCK_BOOTTIME, &sinceBoot) == 0
            ? DateTimeOffset.UtcNow - TimeSpan.FromSeconds(sinceBoot.Seconds) - TimeSpan.FromTicks(sinceBoot.Nanoseconds / TimeSpan.NanosecondsPerTick)
            : throw SyscallException.Last("clock_gettime CLOCK_BOOTTIME");
    }

    private static SystemSnapshot ReadSystem()
    {
        Libc.UtsName name;
        if (Libc.uname(&name) != 0)
        {
            throw SyscallException.Last("uname");
        }

        (int version, int features) = (0, 0);
        int extended = 0;
        string vendor = "";
        if (X86Base.IsSupported)
        {
            (_, int b, int c, int d) = X86Base.CpuId(0, 0);
            vendor = Encoding.ASCII.GetString([.. BitConverter.GetBytes(b), .. BitConverter.GetBytes(d), .. BitConverter.GetBytes(c)]);
            (version, _, _, features) = X86Base.CpuId(1, 0);
            extended = X86Base.CpuId(ExtendedLeaf, 0).Edx;
        }

        return new SystemSnapshot
        {
            SystemName = Text(name.SystemName),
            Release = Text(name.Release),
            Version = Text(name.Version),
            Machine = Text(name.Machine),
            ProcessorCount = (int)Math.Max(1, Libc.sysconf(Libc._SC_NPROCESSORS_ONLN)),
            CpuVendor = vendor,
            CpuVersion = (uint)version,
            CpuFeatures = (uint)features,
            CpuExtendedFeatures = (uint)extended,
        };
    }

    private static string Text(byte* field)
        => Encoding.UTF8.GetString(global::System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(field));
}
