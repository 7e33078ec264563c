using System.Globalization;
using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>process_type of a process that did not register one, such as a program without .NET: what its environment says of it.</summary>
internal static class UnsaidProcessType
{
    /// <summary>Of a process that inherited its handler.</summary>
    public const string Child = "child";

    private const string Main = "main";

    /// <summary>Reads a process's environment for it.</summary>
    /// <param name="processId">In the handler's namespace.</param>
    /// <param name="ownId">As the process sees itself.</param>
    public static string Read(int processId, int ownId)
    {
        try
        {
            return Of(ProcFs.Read($"/proc/{processId}/environ", DaemonLimits.EnvironmentBytes, out _), ownId);
        }
        catch (SyscallException)
        {
            // It does not let itself be looked at, or is gone: then it is as any that says nothing.
            return Child;
        }
    }

    /// <summary>What an environment says. Pure.</summary>
    /// <param name="environment">As in /proc/PID/environ: each variable ends in NUL.</param>
    /// <param name="ownId">As the process sees itself.</param>
    public static string Of(ReadOnlySpan<byte> environment, int ownId)
    {
        if (Value(environment, EnvironmentNames.ProcessType) is { Length: > 0 } said && Encoding.UTF8.GetByteCount(said) <= ProtocolLimits.MaxNameBytes)
        {
            return said;
        }

        return Value(environment, EnvironmentNames.ExecProcess) == ownId.ToString(CultureInfo.InvariantCulture) ? Main : Child;
    }

    private static string? Value(ReadOnlySpan<byte> environment, string name)
    {
        while (environment.Length > 0)
        {
            int end = environment.IndexOf((byte)0);
            ReadOnlySpan<byte> variable = end < 0 ? environment : environment[..end];
            if (variable.Length > name.Length && variable[name.Length] == '=' && Ascii.Equals(variable[..name.Length], name))
            {
                return Encoding.UTF8.GetString(variable[(name.Length + 1)..]);
            }

            environment = end < 0 ? default : environment[(end + 1)..];
        }

        return null;
    }
}
