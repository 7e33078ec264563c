using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// What a notice says of the crashed thread: its registers at the fault, and the signal. Addresses and parameters are those
/// that Crashpad writes for each signal.
/// </summary>
internal static class NoticeReader
{
    // signal(7) of x86-64.
    private const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8, SIGUSR1 = 10,
        SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGSTKFLT = 16, SIGXCPU = 24, SIGXFSZ = 25, SIGVTALRM = 26,
        SIGPROF = 27, SIGPOLL = 29, SIGPWR = 30, SIGSYS = 31;

    // siginfo_t: 16 bytes, then a union by signal; everything else stands in its first 16 bytes.
    private const int UnionOffset = 16;

    /// <summary>The registers of the crashed thread, at the fault.</summary>
    public static Amd64Registers ReadRegisters(in CrashNotice notice, ReadOnlySpan<byte> payload)
    {
        byte[]? fxSave = (notice.Flags & NoticeFlags.FpStateValid) != 0
            ? payload.Slice(CrashNotice.FxSaveOffset, CrashNotice.FxSaveBytes).ToArray()
            : null;
        return MemoryMarshal.Read<GeneralRegs>(payload[(CrashNotice.UContextOffset + GeneralRegs.OffsetInUContext)..])
            .ToRegisters(notice.FsBase, fxSave);
    }

    /// <summary>The signal.</summary>
    public static ExceptionSnapshot ReadException(in CrashNotice notice, ReadOnlySpan<byte> payload, Amd64Registers registers)
    {
        ReadOnlySpan<byte> sigInfo = payload.Slice(CrashNotice.SigInfoOffset, CrashNotice.SigInfoBytes);

        // abort may be seen before any signal exists: then the siginfo is empty.
        bool known = BinaryPrimitives.ReadInt32LittleEndian(sigInfo) == notice.Signal;
        ReadOnlySpan<byte> union = sigInfo[UnionOffset..];
        return new ExceptionSnapshot
        {
            ThreadId = notice.ThreadId,
            Signal = notice.Signal,
            Code = notice.Code,
            Address = known ? ReadAddress(notice.Signal, notice.Code, union) : 0,
            Parameters = known ? ReadParameters(notice.Signal, union) : [],
            Registers = registers,
        };
    }

    /// <summary>All there is to say of a process that died of something else before it could be looked at.</summary>
    /// <param name="request">Which process; with a notice.</param>
    /// <param name="gone">Why there is no more.</param>
    public static ProcessSnapshot ReadSnapshot(CaptureRequest request, CaptureException gone)
    {
        CrashNotice notice = CrashNotice.Parse(request.Notice);
        Amd64Registers registers = ReadRegisters(notice, request.Notice);
        registers = request.SanitizeStacks ? StackSanitizer.Registers(registers, 0, 0, _ => false) : registers;
        return new ProcessSnapshot
        {
            ProcessId = notice.ProcessId,
            Time = ReadTime(notice),
            StartTime = Machine.BootTime() + TimeSpan.FromSeconds(request.StartTime / (double)ProcStat.TicksPerSecond),
            System = Machine.System,
            Exception = ReadException(notice, request.Notice, registers),
            Threads = [new ThreadSnapshot { ThreadId = notice.ThreadId, Name = "", Registers = registers, Stack = null }],
            Modules = [],
            Access = CaptureAccess.NoticeOnly,
            SoftErrors =
            [
                new SoftError(gone.Step.ToString(), $"process {gone.ProcessId}", gone.Reason),
                .. request.SanitizeStacks ? [new SoftError(nameof(CaptureStep.Sanitize), "process", StackSanitizer.Note)] : Array.Empty<SoftError>(),
            ],
        };
    }

    /// <summary>Time of the crash; now, where the notice names none.</summary>
    public static DateTimeOffset ReadTime(in CrashNotice notice)
        => notice.Time is not 0 and var time ? DateTimeOffset.UnixEpoch.AddTicks(time / TimeSpan.NanosecondsPerTick) : DateTimeOffset.UtcNow;

    private static ulong ReadAddress(int signal, int code, ReadOnlySpan<byte> union) => signal switch
    {
        // Not positive: sent by a process, whose pid and uid stand where the address would.
        SIGSEGV or SIGBUS or SIGILL or SIGFPE or SIGTRAP or SIGSYS when code > 0 => BinaryPrimitives.ReadUInt64LittleEndian(union),
        _ => 0,
    };

    private static ulong[] ReadParameters(int signal, ReadOnlySpan<byte> union)
    {
        ulong first = BinaryPrimitives.ReadUInt32LittleEndian(union);
        ulong second = BinaryPrimitives.ReadUInt32LittleEndian(union[4..]);
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(union[8..]);
        return signal switch
        {
            // System call and architecture.
            SIGSYS => [(uint)value, value >> 32],
            // Band and descriptor.
            SIGPOLL => [first | second << 32, (uint)value],
            // Timer, overrun, value.
            SIGALRM or SIGVTALRM or SIGPROF => [first, second, value],
            // Pid, uid, value.
            SIGABRT or SIGQUIT or SIGXCPU or SIGXFSZ or SIGHUP or SIGINT or SIGPIPE or SIGTERM or SIGUSR1 or SIGUSR2 or SIGPWR or SIGSTKFLT
                => [first, second, value],
            _ => [],
        };
    }
}
