using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Table;

/// <summary>Runs one victim, bare or covered, from its start to its end.</summary>
internal static partial class VictimRun
{
    private const int ErrnoNone = 0;

    // The number of read(2), and the beginning of its first argument, as /proc/PID/syscall shows a thread that waits in it.
    private const string ReadCall = "0 0x";
    private const string Running = "running";

    /// <summary>Runs it.</summary>
    /// <param name="sandbox">Where.</param>
    /// <param name="cell">What.</param>
    /// <param name="isCovered">False: as it dies without us.</param>
    /// <param name="database">Where its report goes.</param>
    /// <param name="facts">The file it writes down what a report must say in.</param>
    public static ProcessResult Run(Sandbox sandbox, Cell cell, bool isCovered, string database, string facts)
    {
        string handler = TestPrograms.Shared.Handler;
        string[] arguments = [cell.Kind.Name, facts];
        if (cell.Kind.Catches)
        {
            arguments = [.. arguments, cell.Nulls.ToString(CultureInfo.InvariantCulture), cell.Divisions.ToString(CultureInfo.InvariantCulture)];
        }

        if (isCovered && cell.Way == Way.Start)
        {
            arguments = [.. arguments[..2], "start", database, handler, .. arguments[2..]];
        }

        RunningProcess victim = isCovered && cell.Way == Way.Exec
            ? sandbox.Start(handler, ["exec", "--database", database, "--", cell.Shape.Victim, .. arguments])
            : sandbox.Start(cell.Shape.Victim, arguments);
        victim.ReadUntil("ready");
        if (isCovered && cell.Way == Way.Attach)
        {
            ProcessResult attached = sandbox.Handler("attach", victim.Pid.ToString(CultureInfo.InvariantCulture), "--database", database);
            if (attached.ExitCode != 0 || attached.Error.Length > 0)
            {
                throw new InvalidOperationException($"attach: {attached.Error}");
            }
        }

        WaitUntilIdle(sandbox, victim);
        try
        {
            SendSignals(sandbox, cell, victim);
        }
        catch (Exception died) when (died is InvalidOperationException or IOException && !cell.Kind.IsDeath)
        {
            // It did not survive. Its end says so.
        }

        return victim.Finish();
    }

    // A signal that meets a thread in managed code is fatal at once, with us and without. And kill(2) returns with the thread woken that is to take the
    // signal: once all wait again, it was handled.
    public static void WaitUntilIdle(Sandbox sandbox, RunningProcess victim)
        => sandbox.Until(
            () => victim.HasExited || (SystemCall($"/proc/{victim.Pid}").StartsWith(ReadCall, StringComparison.Ordinal)
                && Directory.EnumerateDirectories($"/proc/{victim.Pid}/task").All(thread => SystemCall(thread) != Running)) ? "idle" : null,
            () => "the victim to wait for its next line");

    // A thread that is gone meanwhile waits for nothing, and runs nothing.
    private static string SystemCall(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "syscall")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    // A program without .NET dies of the first one.
    private static void SendSignals(Sandbox sandbox, Cell cell, RunningProcess victim)
    {
        Kind kind = cell.Kind;
        int times = cell.Shape.IsNative ? 1 : kind.Times;
        for (int i = 1; i <= times; i++)
        {
            if (SendSignal(victim.Pid, kind.Sent) != ErrnoNone)
            {
                throw new InvalidOperationException($"kill {victim.Pid}: errno {Marshal.GetLastPInvokeError()}");
            }

            if (i < times || !cell.IsDeath)
            {
                victim.WriteLine("ping");
                victim.ReadUntil("pong");
                WaitUntilIdle(sandbox, victim);
            }
        }

        if (kind.Sent != 0 && cell.IsDeath)
        {
            // The end of its input would end it in another way.
            sandbox.Until(() => victim.HasExited ? "dead" : null, () => "the victim to die of what was sent");
            return;
        }

        victim.WriteLine("go");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int SendSignal(int pid, int signal);
}
