namespace CrashHandler.Handler.Capture;

/// <summary>How a snapshot's memory was had: the steps of the ladder, from the best one down.</summary>
internal enum CaptureAccess
{
    /// <summary>Every thread but the reporting one was told to stand still (ptrace).</summary>
    Frozen,
    /// <summary>ptrace was refused: the memory was read while the process ran on (process_vm_readv, /proc/PID/mem).</summary>
    Running,
    /// <summary>Its memory was closed to the handler: the process opened it itself and handed it over.</summary>
    HandedOver,
    /// <summary>Not at all: there is what its notice says.</summary>
    NoticeOnly,
}
