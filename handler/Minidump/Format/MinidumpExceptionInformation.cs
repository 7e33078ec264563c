using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The 15 parameters of a <see cref="MinidumpException"/>.</summary>
[InlineArray(Length)]
internal struct MinidumpExceptionInformation
{
    /// <summary>EXCEPTION_MAXIMUM_PARAMETERS.</summary>
    public const int Length = 15;

    private ulong _first;
}
