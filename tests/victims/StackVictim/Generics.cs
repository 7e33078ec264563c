using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>Generic classes and methods, of values, which have code of their own, and of references, which share it.</summary>
internal static class Generics
{
    public static void Run() => Box<int>.Put(1, 2.5); // line: generics

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Throw<TList>(TList list)
        where TList : class
    {
        GC.KeepAlive(list);
        throw new InvalidOperationException(Deaths.Message); // line: generics-throw
    }
}
