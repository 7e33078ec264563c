namespace CrashHandler.Handler.Capture.Linux;

/// <summary>A thread that this one traces.</summary>
internal sealed class Tracee(int tid)
{
    /// <summary>In the handler's pid namespace.</summary>
    public int Tid { get; } = tid;

    public TraceeState State { get; set; }

    /// <summary>The signal on whose delivery it stopped, to be given back at detach; else 0.</summary>
    public int Signal { get; set; }
}
