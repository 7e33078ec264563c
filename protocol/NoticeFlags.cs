namespace CrashHandler.Protocol;

/// <summary>Flags of a <see cref="CrashNotice"/>.</summary>
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
}
