using System.Runtime.InteropServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>stack.c.</summary>
internal static unsafe partial class NativeStack
{
    private const string Library = "death";

    [LibraryImport(Library, EntryPoint = "stack_call_back")]
    public static partial void CallBack(delegate* unmanaged<ulong, void> callback, ulong argument);

    [LibraryImport(Library, EntryPoint = "stack_sort")]
    public static partial void Sort(delegate* unmanaged<ulong, void> callback, ulong argument);

    [LibraryImport(Library, EntryPoint = "stack_hold")]
    [SuppressGCTransition]
    public static partial void Hold(int* held);

    [LibraryImport(Library, EntryPoint = "stack_fault_once_held")]
    public static partial void FaultOnceHeld(int* ready, int thread, ulong address);

    [LibraryImport(Library, EntryPoint = "stack_fault_together")]
    public static partial void FaultTogether(int* arrived, int threads, ulong address);
}
