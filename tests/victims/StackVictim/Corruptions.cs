using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>An object whose first word, the pointer to its type, is overwritten, and then used.</summary>
internal static unsafe class Corruptions
{
    public static void Run()
    {
        Node node = new(null);
        Overwrite(node);
        Use(node); // line: corrupted
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Overwrite(object target) => **(ulong**)Unsafe.AsPointer(ref target) = Deaths.Unmapped;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? Use(object target) => target.ToString(); // line: corrupted-use
}
