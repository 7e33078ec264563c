using System.Runtime.InteropServices;

namespace CrashHandler.Tests.Victims.SituationVictim;

/// <summary>situation_native.c.</summary>
internal static partial class NativeSituation
{
    private const string Library = "situation_native";

    [LibraryImport(Library, EntryPoint = "situation_fault")]
    public static partial void Fault();

    [LibraryImport(Library, EntryPoint = "situation_barrier")]
    public static partial int Barrier(int threads);

    [LibraryImport(Library, EntryPoint = "situation_fault_together")]
    public static partial void FaultTogether();

    [LibraryImport(Library, EntryPoint = "situation_fault_on_native_thread")]
    public static partial void FaultOnNativeThread(int afterMilliseconds);

    [LibraryImport(Library, EntryPoint = "situation_install_chain")]
    public static partial int InstallChain();

    [LibraryImport(Library, EntryPoint = "situation_install_exit")]
    public static partial int InstallExit();

    [LibraryImport(Library, EntryPoint = "situation_raise_into_fault")]
    public static partial void RaiseIntoFault();

    [LibraryImport(Library, EntryPoint = "situation_fork_and_fault")]
    public static partial int ForkAndFault();

    [LibraryImport(Library, EntryPoint = "situation_use_up_descriptors")]
    public static partial int UseUpDescriptors();

    [LibraryImport(Library, EntryPoint = "situation_close_standard")]
    public static partial void CloseStandard();

    [LibraryImport(Library, EntryPoint = "situation_overflow")]
    public static partial void Overflow();

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Send(int process, int signal);
}
