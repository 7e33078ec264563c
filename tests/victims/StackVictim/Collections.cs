using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Victims.Deaths;

namespace CrashHandler.Victims.Stacks;

/// <summary>
/// A fault in native code while another thread collects garbage. A third thread spins and never sleeps, but when the runtime holds it
/// to collect: that is when the fault is due.
/// </summary>
internal static unsafe class Collections
{
    private const int Nodes = 4_000_000;
    private const int Allocators = 4;

    private static readonly int* s_spinner = (int*)NativeMemory.AllocZeroed(sizeof(int));
    private static readonly int* s_ready = (int*)NativeMemory.AllocZeroed(sizeof(int));
    private static readonly int* s_held = (int*)NativeMemory.AllocZeroed(sizeof(int));

    private static Node? s_nodes;
    private static int s_spins;

    /// <summary>In the middle of a collection that has many objects to visit, while others allocate.</summary>
    public static void Run()
    {
        for (int i = 0; i < Nodes; i++)
        {
            s_nodes = new Node(s_nodes);
        }

        for (int i = 0; i < Allocators; i++)
        {
            Start($"allocator {i}", Allocate);
        }

        Start("collector", () => Collect(s_ready));
        Fault(); // line: collection
    }

    /// <summary>In a collection that has to wait for a thread, and so cannot end before the fault. Without tiered compilation, which stops threads, too.</summary>
    public static void RunHeld()
    {
        Start("holder", Hold);
        Start("collector", () => Collect(s_held));
        Fault(); // line: collection-held
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fault()
    {
        Start("spinner", Spin);
        Wait(s_spinner);
        NativeStack.FaultOnceHeld(s_ready, *s_spinner, Deaths.Unmapped); // line: collection-fault
    }

    private static void Start(string name, ThreadStart entry) => new Thread(entry) { Name = name, IsBackground = true }.Start();

    private static void Wait(int* flag)
    {
        while (Volatile.Read(ref *flag) == 0)
        {
            Thread.Yield();
        }
    }

    // Not before the one that will fault is in native code: in managed code it would be held, too.
    private static void Collect(int* begin)
    {
        Wait(begin);
        while (true)
        {
            GC.Collect(); // line: collector
        }
    }

    private static void Allocate()
    {
        while (true)
        {
            GC.KeepAlive(new byte[256]); // line: allocator
        }
    }

    private static void Hold()
    {
        Wait(s_ready);
        NativeStack.Hold(s_held); // line: holder
    }

    private static void Spin()
    {
        *s_spinner = NativeDeath.ThreadId();
        while (true)
        {
            s_spins++; // line: spinner
        }
    }
}
