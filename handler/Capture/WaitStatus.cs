namespace CrashHandler.Handler.Capture;

/// <summary>A status of waitpid(2), as its macros read it, with ptrace(2)'s event above.</summary>
internal readonly record struct WaitStatus(int Value)
{
    public bool IsStopped => (Value & 0xff) == 0x7f;

    /// <summary>The signal that ended the process; 0: it ended by itself.</summary>
    public int EndSignal => (Value & 0x7f) is var signal and not 0x7f ? signal : 0;

    /// <summary>The signal of a stop.</summary>
    public int StopSignal => (Value >> 8) & 0xff;

    /// <summary>ptrace's event; 0 in a signal-delivery-stop.</summary>
    public int Event => Value >> 16;

    /// <summary>The signal that the thread was about to get and must get back; 0 if it was stopped by us, or with its whole group.</summary>
    public int InterceptedSignal => Event == 0 ? StopSignal : 0;

    /// <summary>A group-stop: the process had been stopped by SIGSTOP or its like; the kernel restores that at detach.</summary>
    public bool IsGroupStop => Event == PTRACE_EVENT_STOP && StopSignal != SIGTRAP;

    private const int SIGTRAP = 5, PTRACE_EVENT_STOP = 128;
}
