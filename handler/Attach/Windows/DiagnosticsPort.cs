namespace CrashHandler.Handler.Attach;

/// <summary>How it is reached on Windows: by a pipe that has the process's id in its name.</summary>
internal sealed partial class DiagnosticsPort
{
    /// <summary>Connects.</summary>
    /// <exception cref="AttachException">Nobody answers there.</exception>
    public static DiagnosticsPort Connect(int processId, string pipe) => Connect(processId, pipe, pipe, directory: null);
}
