using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Victims.Deaths;

namespace CrashHandler.Victims.Stacks;

/// <summary>Managed code calls native code, which calls managed code, which dies in native code.</summary>
internal static unsafe class NativeCallbacks
{
    public static void Run() => NativeStack.CallBack(&Callback, Deaths.Unmapped); // line: native-callbacks

    /// <summary>The same by way of the C library, which sorts and has native code compare.</summary>
    public static void RunSort() => NativeStack.Sort(&Callback, Deaths.Unmapped); // line: native-sort

    [UnmanagedCallersOnly]
    private static void Callback(ulong address) => Inner(address); // line: native-callback

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner(ulong address) => NativeDeath.Fault(address); // line: native-callback-inner
}
