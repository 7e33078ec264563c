using System.Runtime.InteropServices;

namespace CrashHandler.Victims.Windows;

/// <summary>Native code to die in.</summary>
internal static partial class NativeVictim
{
    private const string Library = "windows_victim_native";

    [LibraryImport(Library, EntryPoint = "victim_fault")]
    public static partial void Fault();

    [LibraryImport(Library, EntryPoint = "victim_fault_with", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void FaultWith(string secret);

    [LibraryImport(Library, EntryPoint = "victim_break")]
    public static partial void Break();

    [LibraryImport(Library, EntryPoint = "victim_illegal")]
    public static partial void Illegal();

    [LibraryImport(Library, EntryPoint = "victim_divide")]
    public static partial int Divide(int by);

    [LibraryImport(Library, EntryPoint = "victim_fault_on_thread")]
    public static partial uint FaultOnThread();

    [LibraryImport(Library, EntryPoint = "victim_break_on_thread")]
    public static partial void BreakOnThread();

    [LibraryImport(Library, EntryPoint = "victim_fault_on_threads")]
    public static partial void FaultOnThreads(int count);

    [LibraryImport(Library, EntryPoint = "victim_abort", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void Abort(string runtime);

    [LibraryImport(Library, EntryPoint = "victim_abort_on_thread")]
    public static partial void AbortOnThread();

    [LibraryImport(Library, EntryPoint = "victim_handle_own_faults")]
    public static partial void HandleOwnFaults(int times);

    [LibraryImport("kernel32")]
    public static partial int GetCurrentThreadId();
}
