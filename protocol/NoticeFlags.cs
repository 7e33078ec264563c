namespace CrashHandler.Protocol;

/// <summary>Flags of a <see cref="CrashNotice"/> or a <see cref="WindowsCrashNotice"/>.</summary>
[Flags]
public enum NoticeFlags : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>The context was taken by <c>getcontext</c> in <c>abort</c>, not from a signal frame.</summary>
    GetContext = 1,
    /// <summary>The floating-point state is valid.</summary>
    FpStateValid = 2,
    /// <summary>A .NET runtime is in the process.</summary>
    DotNet = 4,
    /// <summary>Windows: an exception that nobody caught, told by the runtime; the context is that of the telling, below the frames that threw.</summary>
    Unhandled = 8,
    /// <summary>Windows: the process ended itself (<c>FailFast</c>, <c>abort</c>); the context is that of its doing so.</summary>
    FailFast = 16,
}
