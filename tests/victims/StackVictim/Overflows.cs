using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>Stack overflows. How deep each came is in the facts.</summary>
internal static unsafe class Overflows
{
    private const int MainStackBytes = 8 << 20;
    private const int DeepStackBytes = 64 << 20;

    private static int* s_depth;

    public static void OnMain()
    {
        s_depth = Facts.Map();
        Descend(); // line: overflow-main
    }

    public static void OnThread() => OnThread(OnMain, MainStackBytes); // line: overflow-thread

    public static void CycleOnMain()
    {
        s_depth = Facts.Map();
        First(); // line: overflow-cycle
    }

    public static void CycleOnThread() => OnThread(CycleOnMain, MainStackBytes); // line: overflow-cycle-thread

    public static void Deep() => OnThread(DeepOnThread, DeepStackBytes); // line: overflow-deep

    private static void DeepOnThread()
    {
        s_depth = Facts.Map();
        DescendFar(); // line: overflow-deep-entry
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OnThread(ThreadStart entry, int stackBytes)
    {
        Thread thread = new(entry, stackBytes) { Name = "the victim's thread" };
        thread.Start();
        thread.Join(); // line: overflow-join
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Descend()
    {
        Padding padding = default;
        ++*s_depth;
        return Descend() + padding.Content[0]; // line: descend
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int DescendFar()
    {
        ++*s_depth;
        return DescendFar() + 1; // line: descend-far
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int First()
    {
        Padding padding = default;
        ++*s_depth;
        return Second() + padding.Content[0]; // line: cycle-first
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Second()
    {
        Padding padding = default;
        ++*s_depth;
        return Third() + padding.Content[0]; // line: cycle-second
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Third()
    {
        Padding padding = default;
        ++*s_depth;
        return First() + padding.Content[0]; // line: cycle-third
    }
}
