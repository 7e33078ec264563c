using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Walk;

/// <summary>The thread that a walk is about.</summary>
/// <param name="ThreadId">Which.</param>
/// <param name="Code">ExceptionCode; 0: it asked for a report.</param>
/// <param name="Registers">Those at its exception; null: where it is now is all there is.</param>
internal sealed record WalkSubject(int ThreadId, int Code, Amd64Registers? Registers)
{
    /// <summary>The thread of an exception.</summary>
    /// <param name="process">Its process.</param>
    /// <param name="threadId">Which.</param>
    /// <param name="code">ExceptionCode.</param>
    /// <param name="pointers">Address of its EXCEPTION_POINTERS there; what does not lead to registers of x86-64 is passed over.</param>
    public static WalkSubject OfException(TargetProcess process, int threadId, int code, ulong pointers)
    {
        Span<ulong> addresses = stackalloc ulong[2];
        byte[] context = new byte[Amd64Context.Size];
        Amd64Registers? registers = pointers != 0 && process.TryRead(pointers, MemoryMarshal.AsBytes(addresses)) && process.TryRead(addresses[1], context)
            && MemoryMarshal.Read<Amd64Context>(context) is var found && found.ContextFlags.HasFlag(Amd64ContextFlags.Amd64 | Amd64ContextFlags.Control | Amd64ContextFlags.Integer)
            ? found.ToRegisters() : null;
        return new WalkSubject(threadId, code, registers);
    }
}
