using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Registers of a stopped thread, by ptrace.</summary>
internal static unsafe class ThreadRegisters
{
    private const int FxSaveBytes = 512;

    /// <exception cref="SyscallException">The thread is not stopped, or gone.</exception>
    /// <exception cref="InvalidDataException">It is a 32-bit one.</exception>
    public static Amd64Registers Read(int tid, SoftErrorList errors)
    {
        UserRegs general;
        int length = ReadSet(tid, Libc.NT_PRSTATUS, &general, UserRegs.Size);
        if (length != UserRegs.Size)
        {
            throw new InvalidDataException($"the register set has {length} bytes instead of {UserRegs.Size}: not a 64-bit thread");
        }

        byte[]? fxSave = null;
        errors.Try(CaptureStep.ThreadRegisters, $"floating point of tid {tid}", () =>
        {
            byte[] image = new byte[FxSaveBytes];
            fixed (byte* start = image)
            {
                _ = ReadSet(tid, Libc.NT_PRFPREG, start, image.Length);
            }

            fxSave = image;
        });
        return general.ToRegisters(fxSave);
    }

    private static int ReadSet(int tid, nint set, void* target, int length)
    {
        Libc.IoVec vector = new((nint)target, length);
        return Libc.ptrace(Libc.PTRACE_GETREGSET, tid, set, (nint)(&vector)) == 0
            ? (int)vector.Length
            : throw SyscallException.Last("ptrace PTRACE_GETREGSET", $"tid {tid}");
    }
}
