using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>Exceptions that are caught and thrown on.</summary>
internal static class Rethrows
{
    public static void Run() => Again(); // line: rethrow

    public static void RunDispatch()
    {
        ExceptionDispatchInfo caught = Catch();
        caught.Throw(); // line: rethrow-dispatch
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Again()
    {
        try
        {
            Deaths.Throw(); // line: rethrow-call
        }
        catch (InvalidOperationException)
        {
            GC.KeepAlive(null);
            throw; // line: rethrow-again
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ExceptionDispatchInfo Catch()
    {
        try
        {
            Deaths.Throw(); // line: rethrow-catch
            return null!;
        }
        catch (InvalidOperationException caught)
        {
            return ExceptionDispatchInfo.Capture(caught);
        }
    }
}
