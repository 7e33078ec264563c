using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>Whose exception a dump shows, and where dbghelp reads it.</summary>
/// <param name="ThreadId">The thread.</param>
/// <param name="Pointers">Address of its EXCEPTION_POINTERS.</param>
/// <param name="IsOfClient">Whether that is in the process, or in this one.</param>
internal readonly record struct DumpedException(uint ThreadId, ulong Pointers, bool IsOfClient)
{
    // CONTEXT.ContextFlags of x86-64.
    private const int ContextFlagsOffset = 48;

    /// <summary>
    /// The one in a process's memory, looked at before dbghelp reads it, which takes what it names for granted: a record of more parameters than it has room for, or registers of another
    /// processor, would cost the dump or more. The thread waits; whoever else writes there could write into this process as well.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="threadId">The thread that it names.</param>
    /// <param name="pointers">Address of the EXCEPTION_POINTERS.</param>
    /// <exception cref="InvalidDataException">They are not there, or are none.</exception>
    public static DumpedException InProcess(TargetProcess process, uint threadId, ulong pointers)
    {
        Span<ulong> addresses = stackalloc ulong[2];
        ExceptionRecord record = default;
        byte[] context = new byte[Amd64Context.Size];
        if (!process.TryRead(pointers, MemoryMarshal.AsBytes(addresses))
            || !process.TryRead(addresses[0], MemoryMarshal.AsBytes(new Span<ExceptionRecord>(ref record)))
            || !process.TryRead(addresses[1], context))
        {
            throw new InvalidDataException($"the EXCEPTION_POINTERS at 0x{pointers:x} cannot be read");
        }

        Amd64ContextFlags flags = (Amd64ContextFlags)MemoryMarshal.Read<uint>(context.AsSpan(ContextFlagsOffset));
        return record.NumberParameters > WindowsDumpLimits.ExceptionParameters
            ? throw new InvalidDataException($"the EXCEPTION_RECORD at 0x{addresses[0]:x} names {record.NumberParameters} parameters")
            : !flags.HasFlag(Amd64ContextFlags.Amd64 | Amd64ContextFlags.Control)
            ? throw new InvalidDataException($"the CONTEXT at 0x{addresses[1]:x} has the flags 0x{(uint)flags:x}, which are not those of x86-64")
            : new DumpedException(threadId, pointers, IsOfClient: true);
    }

    /// <summary>EXCEPTION_RECORD.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ExceptionRecord
    {
        public uint Code;
        public uint Flags;
        public ulong Nested;
        public ulong Address;
        public uint NumberParameters;
        public Parameters Information;
    }

    /// <summary>Its parameters.</summary>
    [InlineArray((int)WindowsDumpLimits.ExceptionParameters)]
    internal struct Parameters
    {
        private ulong _first;
    }
}
