using System.Runtime.CompilerServices;
using CrashHandler.Victims.Deaths;

namespace CrashHandler.Victims.Stacks;

/// <summary>The plain deaths: everything that happens on the stack of the one method that is called.</summary>
internal static unsafe class Deaths
{
    /// <summary>Above the first 64 KiB, in which .NET takes a fault for a null reference, and never mapped.</summary>
    public const ulong Unmapped = 0x4141_4141_0000;

    public const string Message = "the victim's exception";

    public static void UnhandledMain() => Throw(); // line: unhandled-main

    public static void UnhandledThread() => OnThread(Throw); // line: unhandled-thread

    public static void UnhandledNull() => Console.WriteLine(Length(null)); // line: unhandled-null

    public static void FailFast() => Environment.FailFast("the victim's FailFast"); // line: fail-fast

    public static void NativeFault() => NativeDeath.Fault(Unmapped); // line: native-fault

    public static void ManagedPointer() => Store(Unmapped); // line: managed-pointer

    public static void NativeAbort() => NativeDeath.Abort(); // line: native-abort

    public static void RaiseTwice()
    {
        NativeDeath.Raise(Signals.FloatingPoint);
        NativeDeath.Raise(Signals.FloatingPoint); // line: raise-twice
    }

    public static void RaiseTrap() => NativeDeath.Raise(Signals.Trap); // line: raise-trap

    public static void NativeBus()
    {
        ulong cut = NativeDeath.CutMapping();
        NativeDeath.Fault(cut); // line: native-bus
    }

    /// <summary>It died of signals from outside, before.</summary>
    public static void Nothing()
    {
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void OnThread(ThreadStart entry)
    {
        Thread thread = new(entry) { Name = "the victim's thread" };
        thread.Start();
        thread.Join(); // line: join
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Throw() => throw new InvalidOperationException(Message); // line: throw

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(string? text) => text!.Length; // line: length

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Store(ulong address) => *(int*)address = 1; // line: store
}
