using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>A generic class with a generic method.</summary>
internal static class Box<T>
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Put<TOther>(T value, TOther other)
    {
        if (value is int)
        {
            Box<string>.Put("text", new object()); // line: box-of-values
        }

        Generics.Throw(new List<T>()); // line: box-of-references
        GC.KeepAlive(other);
    }
}
