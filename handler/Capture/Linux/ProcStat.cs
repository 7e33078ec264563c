using System.Buffers.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>/proc/PID/stat, the fields of it that are needed (proc(5)).</summary>
internal static class ProcStat
{
    /// <summary>Clock ticks of a second: USER_HZ, 100 on every x86-64 kernel.</summary>
    public const long TicksPerSecond = 100;

    // Fields are numbered from 1 in proc(5); those behind the name, which may hold blanks and parentheses, begin with 3.
    private const int FirstFieldBehindName = 3;
    private const int FlagsField = 9;
    private const int UserTimeField = 14;
    private const int KernelTimeField = 15;
    private const int StartTimeField = 22;
    private const int EnvironmentStartField = 50;
    private const int ExitCodeField = 52;

    /// <summary>Field 22 in clock ticks since boot: with the pid, it names a process.</summary>
    /// <exception cref="SyscallException">The process is gone, or hidden.</exception>
    /// <exception cref="InvalidDataException">The file is none of its kind.</exception>
    public static ulong ReadStartTime(int pid) => Read($"/proc/{pid}/stat").StartTime;

    /// <summary>Reads the file of a process, or of one of its threads.</summary>
    /// <exception cref="SyscallException">It is gone, or hidden.</exception>
    /// <exception cref="InvalidDataException">The file is none of its kind.</exception>
    public static ProcStatFields Read(string path)
    {
        Span<byte> stat = stackalloc byte[CaptureLimits.StatBytes];
        return Parse(stat[..ProcFs.ReadShort(path, stat)]);
    }

    /// <summary>Reads the fields out of the file's bytes.</summary>
    /// <exception cref="InvalidDataException">They are none of its kind.</exception>
    public static ProcStatFields Parse(ReadOnlySpan<byte> stat)
    {
        int nameEnd = stat.LastIndexOf((byte)')');
        if (nameEnd < 0 || nameEnd + 2 >= stat.Length)
        {
            throw new InvalidDataException("/proc/PID/stat has no name in parentheses");
        }

        ReadOnlySpan<byte> rest = stat[(nameEnd + 2)..];
        ulong flags = 0, user = 0, kernel = 0, start = 0, environment = 0, exit = 0;
        int field = FirstFieldBehindName;
        foreach (Range range in rest.Split((byte)' '))
        {
            switch (field)
            {
                case FlagsField: flags = Number(rest[range], field); break;
                case UserTimeField: user = Number(rest[range], field); break;
                case KernelTimeField: kernel = Number(rest[range], field); break;
                case StartTimeField: start = Number(rest[range], field); break;
                case EnvironmentStartField: environment = Number(rest[range], field); break;
                case ExitCodeField: exit = Number(rest[range], field); break;
            }

            field++;
        }

        return field > StartTimeField
            ? new ProcStatFields((char)rest[0], user, kernel, start, environment, (uint)flags, (int)exit)
            : throw new InvalidDataException($"/proc/PID/stat ends before field {StartTimeField}");
    }

    private static ulong Number(ReadOnlySpan<byte> text, int field)
        => Utf8Parser.TryParse(text, out ulong value, out _) ? value : throw new InvalidDataException($"field {field} of /proc/PID/stat is no number");
}
