using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>A crash on the finalizer's thread.</summary>
internal static class Finalizers
{
    public static void Run()
    {
        Make();
        GC.Collect();
        GC.WaitForPendingFinalizers(); // line: finalizers
    }

    // In a frame of its own: nothing of the caller's refers to the object.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Make() => _ = new Finalizable();
}
