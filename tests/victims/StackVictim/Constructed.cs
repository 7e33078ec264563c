using CrashHandler.Victims.Deaths;

namespace CrashHandler.Victims.Stacks;

/// <summary>A class whose static constructor dies in native code.</summary>
internal static class Constructed
{
    public static readonly int Value;

    static Constructed()
    {
        NativeDeath.Fault(Deaths.Unmapped); // line: static-constructor
        Value = 1;
    }
}
