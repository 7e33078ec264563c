using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>A heap dump in words.</summary>
internal static class HeapDumpText
{
    // docs: "DOTNET_EnableDiagnostics", and its older name. 0 closes the port that makes the dump.
    private static readonly string[] s_switches = ["DOTNET_EnableDiagnostics", "COMPlus_EnableDiagnostics", "DOTNET_EnableDiagnostics_IPC"];

    /// <summary>What the handler is told; null: nothing, there is none.</summary>
    public static string? Of(HeapDumpKind kind) => kind switch
    {
        HeapDumpKind.Mini => RegistrationFields.HeapDumpMini,
        HeapDumpKind.Heap => RegistrationFields.HeapDumpHeap,
        HeapDumpKind.Full => RegistrationFields.HeapDumpFull,
        _ => null,
    };

    /// <summary>Why there will be none in this process, as far as it can be known beforehand; null: nothing is known against it.</summary>
    public static string? Problem(HeapDumpKind kind)
    {
        if (kind == HeapDumpKind.None)
        {
            return null;
        }

        foreach (string name in s_switches)
        {
            if (Environment.GetEnvironmentVariable(name) == "0")
            {
                return $"{nameof(CrashReporterOptions.HeapDump)}: {name}=0 closes the runtime's diagnostics port, which makes it; reports are made without";
            }
        }

        return null;
    }
}
