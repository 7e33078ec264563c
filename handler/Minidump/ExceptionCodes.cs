using System.Collections.Frozen;
using System.Globalization;

namespace CrashHandler.Handler.Minidump;

/// <summary>Windows' exceptions in words, as Breakpad's processor writes them, and so Socorro and Crashpad's servers: reports are grouped by them.</summary>
internal static class ExceptionCodes
{
    /// <summary>EXCEPTION_ACCESS_VIOLATION: its parameters are how (0: read, 1: write, 8: execute) and where.</summary>
    public const uint AccessViolation = 0xC0000005;

    /// <summary>EXCEPTION_IN_PAGE_ERROR: likewise, and the NTSTATUS of what could not be read from disk.</summary>
    public const uint InPageError = 0xC0000006;

    /// <summary>STATUS_STACK_BUFFER_OVERRUN: <c>__fastfail</c>, whose first parameter says of what kind (winnt.h, FAST_FAIL_*).</summary>
    public const uint FastFail = 0xC0000409;

    /// <summary>The runtime's own, of every managed exception (EXCEPTION_COMPLUS); it names no type.</summary>
    public const uint DotNet = 0xE0434352;

    /// <summary>Crashpad's <c>kSimulatedExceptionCode</c>: a dump of a process that asked for it and goes on.</summary>
    public const uint DumpRequested = 0x0517A7ED;

    private static readonly FrozenDictionary<uint, string> Names = new Dictionary<uint, string>
    {
        [0x40010005] = "DBG_CONTROL_C",
        // Of abort, by Crashpad and by our DLL; Breakpad's processor has no name for it.
        [0x40000015] = "STATUS_FATAL_APP_EXIT",
        [0x80000001] = "EXCEPTION_GUARD_PAGE",
        [0x80000002] = "EXCEPTION_DATATYPE_MISALIGNMENT",
        [0x80000003] = "EXCEPTION_BREAKPOINT",
        [0x80000004] = "EXCEPTION_SINGLE_STEP",
        [AccessViolation] = "EXCEPTION_ACCESS_VIOLATION",
        [InPageError] = "EXCEPTION_IN_PAGE_ERROR",
        [0xC0000008] = "EXCEPTION_INVALID_HANDLE",
        [0xC0000017] = "STATUS_NO_MEMORY",
        [0xC000001D] = "EXCEPTION_ILLEGAL_INSTRUCTION",
        [0xC0000025] = "EXCEPTION_NONCONTINUABLE_EXCEPTION",
        [0xC0000026] = "EXCEPTION_INVALID_DISPOSITION",
        [0xC000008C] = "EXCEPTION_BOUNDS_EXCEEDED",
        [0xC000008D] = "EXCEPTION_FLT_DENORMAL_OPERAND",
        [0xC000008E] = "EXCEPTION_FLT_DIVIDE_BY_ZERO",
        [0xC000008F] = "EXCEPTION_FLT_INEXACT_RESULT",
        [0xC0000090] = "EXCEPTION_FLT_INVALID_OPERATION",
        [0xC0000091] = "EXCEPTION_FLT_OVERFLOW",
        [0xC0000092] = "EXCEPTION_FLT_STACK_CHECK",
        [0xC0000093] = "EXCEPTION_FLT_UNDERFLOW",
        [0xC0000094] = "EXCEPTION_INT_DIVIDE_BY_ZERO",
        [0xC0000095] = "EXCEPTION_INT_OVERFLOW",
        [0xC0000096] = "EXCEPTION_PRIV_INSTRUCTION",
        [0xC00000FD] = "EXCEPTION_STACK_OVERFLOW",
        [0xC0000135] = "STATUS_DLL_NOT_FOUND",
        [0xC0000139] = "STATUS_ENTRYPOINT_NOT_FOUND",
        [0xC000013A] = "STATUS_CONTROL_C_EXIT",
        [0xC0000142] = "STATUS_DLL_INIT_FAILED",
        [0xC0000194] = "EXCEPTION_POSSIBLE_DEADLOCK",
        [0xC0000374] = "EXCEPTION_HEAP_CORRUPTION",
        [FastFail] = "EXCEPTION_STACK_BUFFER_OVERRUN",
        [0xC0000417] = "STATUS_INVALID_CRUNTIME_PARAMETER",
        [0xC000041D] = "STATUS_FATAL_USER_CALLBACK_EXCEPTION",
        [0xC0000420] = "STATUS_ASSERTION_FAILURE",
        [0xC0000602] = "STATUS_FAIL_FAST_EXCEPTION",
        [DotNet] = "CLR exception",
        [0xE06D7363] = "Unhandled C++ Exception",
        [0xE0000008] = "Out of Memory",
        [DumpRequested] = "Simulated Exception",
    }.ToFrozenDictionary();

    /// <summary>Of <see cref="FastFail"/>, by its first parameter; see winnt.h. The first is that of <c>/GS</c>, the eighth that of abort and of .NET.</summary>
    private static readonly string[] FastFails =
    [
        "FAST_FAIL_LEGACY_GS_VIOLATION", "FAST_FAIL_VTGUARD_CHECK_FAILURE", "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE", "FAST_FAIL_CORRUPT_LIST_ENTRY", "FAST_FAIL_INCORRECT_STACK",
        "FAST_FAIL_INVALID_ARG", "FAST_FAIL_GS_COOKIE_INIT", "FAST_FAIL_FATAL_APP_EXIT", "FAST_FAIL_RANGE_CHECK_FAILURE", "FAST_FAIL_UNSAFE_REGISTRY_ACCESS",
        "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE", "FAST_FAIL_GUARD_WRITE_CHECK_FAILURE", "FAST_FAIL_INVALID_FIBER_SWITCH", "FAST_FAIL_INVALID_SET_OF_CONTEXT",
        "FAST_FAIL_INVALID_REFERENCE_COUNT",
    ];

    /// <summary>Such as <c>EXCEPTION_ACCESS_VIOLATION_READ</c>; a number without a name stands in hexadecimal.</summary>
    /// <param name="code">ExceptionCode of an EXCEPTION_RECORD.</param>
    /// <param name="flags">Its ExceptionFlags.</param>
    /// <param name="parameters">Its ExceptionInformation.</param>
    public static string Describe(uint code, uint flags, ReadOnlySpan<ulong> parameters)
    {
        if (code == FastFail && !parameters.IsEmpty && parameters[0] is > 0 and var kind && kind < (ulong)FastFails.Length)
        {
            return FastFails[kind];
        }

        string name = Names.TryGetValue(code, out string? known) ? known : string.Create(CultureInfo.InvariantCulture, $"0x{code:x8} / 0x{flags:x8}");
        return code switch
        {
            AccessViolation => name + Access(parameters),
            InPageError when parameters.Length > 2 => string.Create(CultureInfo.InvariantCulture, $"{name}{Access(parameters)} / 0x{(uint)parameters[2]:x8}"),
            InPageError => name + Access(parameters),
            _ => name,
        };
    }

    /// <summary>Where it went wrong: what was touched, of an exception that touched something; else the instruction.</summary>
    /// <param name="code">ExceptionCode of an EXCEPTION_RECORD.</param>
    /// <param name="instruction">Its ExceptionAddress.</param>
    /// <param name="parameters">Its ExceptionInformation.</param>
    public static ulong AddressOf(uint code, ulong instruction, ReadOnlySpan<ulong> parameters)
        => code is AccessViolation or InPageError && parameters.Length > 1 ? parameters[1] : instruction;

    private static string Access(ReadOnlySpan<ulong> parameters) => parameters.Length < 2 ? "" : parameters[0] switch
    {
        0 => "_READ",
        1 => "_WRITE",
        8 => "_EXEC",
        _ => "",
    };
}
