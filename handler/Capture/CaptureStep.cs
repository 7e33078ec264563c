namespace CrashHandler.Handler.Capture;

/// <summary>The steps of a capture; their names stand in <see cref="SoftError.Step"/>.</summary>
internal enum CaptureStep
{
    /// <summary>Is this still the process that registered?</summary>
    Identity,
    /// <summary>Becoming the tracer of the threads.</summary>
    Seize,
    /// <summary>Waiting for the threads to stop.</summary>
    Stop,
    /// <summary>Registers of a thread.</summary>
    ThreadRegisters,
    /// <summary>Name of a thread, and its tid as the process sees it.</summary>
    ThreadName,
    /// <summary>The list of threads.</summary>
    Threads,
    /// <summary>The list of mappings.</summary>
    Maps,
    /// <summary>The auxiliary vector.</summary>
    AuxiliaryVector,
    /// <summary>The list of modules.</summary>
    Modules,
    /// <summary>The build id of a module.</summary>
    BuildId,
    /// <summary>The stack of a thread.</summary>
    Stack,
    /// <summary>The bytes around the crashed instruction.</summary>
    InstructionWindow,
    /// <summary>What the crashed thread's registers and stack point at.</summary>
    IndirectMemory,
    /// <summary>Taking what may be a secret out of stacks and registers.</summary>
    Sanitize,
    /// <summary>Access to the process's memory as such.</summary>
    Memory,
    /// <summary>What a process hands over of itself where it is closed to the handler.</summary>
    HandOver,
    /// <summary>A /proc file of the report.</summary>
    ProcFile,
    /// <summary>The open file descriptors.</summary>
    Descriptors,
    /// <summary>Start and CPU time.</summary>
    Times,
    /// <summary>The machine.</summary>
    Machine,
    /// <summary>Letting the threads go.</summary>
    Detach,
}
