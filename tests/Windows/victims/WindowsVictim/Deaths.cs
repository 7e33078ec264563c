using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Victims.Windows;

/// <summary>Every way to die, or not to.</summary>
internal static class Deaths
{
    private const int ExitCode = 3;

    // Beyond what the runtime takes for a null reference, and never mapped.
    private static readonly nint s_unmapped = unchecked((nint)0x7654_3210_0000);

    /// <summary>Dies, or goes on where the kind is none.</summary>
    public static void Die(string kind)
    {
        switch (kind)
        {
            case "unhandled": throw new InvalidOperationException("the victim's exception");
            case "unhandled-thread": OnAnotherThread(() => throw new InvalidOperationException("on another thread")); break;
            case "unhandled-null": ReadNull(null); break;
            case "unhandled-chain": Wrapped(); break;
            case "fault": NativeVictim.Fault(); break;
            case "fault-secret": NativeVictim.FaultWith("kept-on-a-stack-"); break;
            case "fault-waiting":
                StartWaiting();
                NativeVictim.Fault();
                break;
            case "capture":
                StartWaiting();
                Console.Out.WriteLine($"captured {CrashReporter.CaptureReport("the victim asks")}");
                break;
            case "fault-managed": Marshal.WriteInt32(s_unmapped, 1); break;
            case "fault-thread": _ = NativeVictim.FaultOnThread(); break;
            case "fault-threads": NativeVictim.FaultOnThreads(8); break;
            case "break": NativeVictim.Break(); break;
            case "break-thread": NativeVictim.BreakOnThread(); break;
            case "illegal": NativeVictim.Illegal(); break;
            case "abort": NativeVictim.Abort("ucrtbase.dll"); break;
            case "abort-msvcrt": NativeVictim.Abort("msvcrt.dll"); break;
            case "abort-thread": NativeVictim.AbortOnThread(); break;
            case "divide": _ = NativeVictim.Divide(0); break;
            case "crash": CrashReporter.Crash(); break;
            case "failfast": Environment.FailFast("the victim gives up"); break;
            case "failfast-after-caught":
                CatchNulls(1);
                NativeVictim.HandleOwnFaults(1);
                Environment.FailFast("the victim gives up");
                break;
            case "overflow": Overflow(0); break;
            case "caught": CatchNulls(1_000); break;
            case "own-faults": NativeVictim.HandleOwnFaults(100); break;
            case "exit": Environment.Exit(ExitCode); break;
            case "exit-thread": OnAnotherThread(() => Environment.Exit(ExitCode)); break;
            case "return": break;
            default: throw new ArgumentException($"'{kind}' is no death");
        }
    }

    private static void CatchNulls(int times)
    {
        for (int i = 0; i < times; i++)
        {
            try
            {
                ReadNull(null);
            }
            catch (NullReferenceException)
            {
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wrapped()
    {
        try
        {
            Parse("x");
        }
        catch (FormatException cause)
        {
            throw new InvalidOperationException("the outer one", cause);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Parse(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Another thread, which has a name and never comes back, once it stands there.</summary>
    private static void StartWaiting()
    {
        using ManualResetEventSlim stands = new();
        new Thread(() => WaitForEver(stands)) { IsBackground = true, Name = "the waiting one" }.Start();
        stands.Wait();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WaitForEver(ManualResetEventSlim stands)
    {
        using ManualResetEvent never = new(false);
        stands.Set();
        never.WaitOne();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadNull(string? text) => text!.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Overflow(int depth) => Overflow(depth + 1) + 1;

    private static void OnAnotherThread(ThreadStart action)
    {
        Thread thread = new(action);
        thread.Start();
        thread.Join();
    }
}
