namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>A call to the system that was tried on a child of this program's own.</summary>
/// <param name="Call">Its name, as the system documents it.</param>
/// <param name="Errno">What it answered, on Windows an error of Win32; 0: it worked.</param>
/// <param name="WasKilled">The process that tried it ended of it: a seccomp filter kills.</param>
internal sealed record Attempt(string Call, int Errno, bool WasKilled = false)
{
    /// <summary>Whether it worked.</summary>
    public bool Worked => Errno == 0 && !WasKilled;

    /// <summary>The answer in words.</summary>
    public string Answer => WasKilled ? "the process was killed" : Worked ? "works" : System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(Errno);
}
