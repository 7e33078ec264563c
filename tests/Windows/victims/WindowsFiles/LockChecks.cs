using System.Diagnostics;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Victims.Windows;

/// <summary>flock, among handles and among processes.</summary>
internal static class LockChecks
{
    /// <summary>Said by a process that holds a lock until it is killed.</summary>
    private const string Held = "held";

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(10);

    public static void Run(Checks checks, string directory)
    {
        string path = Path.Combine(directory, "lock");
        AmongHandles(checks, path);
        Waiting(checks, path);
        AmongProcesses(checks, path);
    }

    /// <summary>Takes a file's lock, says so, and keeps it.</summary>
    public static void Hold(string path)
    {
        using FileDescriptor file = DurableFile.OpenLock(path);
        DurableFile.Lock(file, path);
        Console.WriteLine(Held);
        Thread.Sleep(Timeout.Infinite);
    }

    private static void AmongHandles(Checks checks, string path)
    {
        using FileDescriptor first = DurableFile.OpenLock(path);
        using FileDescriptor second = DurableFile.OpenRead(path);
        checks.True(DurableFile.TryLock(first, path), "a free lock");
        checks.True(DurableFile.TryLock(first, path), "one's own lock");
        checks.True(!DurableFile.TryLock(second, path), "another one's lock");
        WholeWrite.To(first.Number, "x"u8, path);
        checks.Equal(1, DurableFile.ReadSome(second, path, new byte[1]), "a locked file is read");

        _ = Libc.flock(first.Number, Libc.LOCK_UN);
        DurableFile.TryShare(first);
        DurableFile.TryShare(second);
        checks.True(!DurableFile.TryLock(first, path), "a shared lock that another one shares");
        _ = Libc.flock(second.Number, Libc.LOCK_UN);
        checks.True(DurableFile.TryLock(first, path), "a shared lock becomes an exclusive one");
        DurableFile.TryShare(first);
        checks.Equal(0, Libc.flock(second.Number, Libc.LOCK_SH | Libc.LOCK_NB), "an exclusive lock becomes a shared one");
    }

    private static void Waiting(Checks checks, string path)
    {
        FileDescriptor holder = DurableFile.OpenRead(path);
        checks.True(DurableFile.TryLock(holder, path), "a lock is gone with its handle");
        FileDescriptor waiter = DurableFile.OpenRead(path);
        checks.True(!DurableFile.TryLock(waiter, path, s_short), "a lock that does not come in time");
        // A thread of it still waits: what it gets goes with its file.
        waiter.Dispose();
        holder.Dispose();

        using FileDescriptor next = DurableFile.OpenRead(path);
        checks.True(DurableFile.TryLock(next, path, s_long), "what a waiter gets that has gone is free again");
        using Timer later = new(_ => Libc.flock(next.Number, Libc.LOCK_UN), null, s_short, Timeout.InfiniteTimeSpan);
        using FileDescriptor last = DurableFile.OpenRead(path);
        checks.True(DurableFile.TryLock(last, path, s_long), "a lock that comes in time");
    }

    private static void AmongProcesses(Checks checks, string path)
    {
        using Process other = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["hold", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        checks.Equal(Held, other.StandardOutput.ReadLine(), "another process takes a lock");
        using FileDescriptor file = DurableFile.OpenRead(path);
        checks.True(!DurableFile.TryLock(file, path), "a lock of another process");
        other.Kill();
        other.WaitForExit();
        checks.True(DurableFile.TryLock(file, path, s_long), "a lock of a process that was killed");
    }
}
