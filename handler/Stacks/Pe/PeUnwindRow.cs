using CrashHandler.Handler.Stacks.Native;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>How to find the caller's registers at one instruction of a PE image: what is left to be undone there, in order. XMM registers are not followed: no caller's frame depends on them.</summary>
internal sealed class PeUnwindRow : IUnwindRow
{
    /// <summary>Number of RSP.</summary>
    public const int StackPointer = 4;

    private const ulong WordBytes = sizeof(ulong);
    private readonly int _baseRegister;
    private readonly long _baseOffset;
    private readonly UnwindAction[] _actions;

    /// <param name="functionStart">Where the function begins.</param>
    /// <param name="frameBase">From which register, and how far from it, what was saved is reckoned.</param>
    /// <param name="actions">What is to be undone, the last thing first.</param>
    public PeUnwindRow(ulong functionStart, (int Register, long Offset) frameBase, IReadOnlyList<UnwindAction> actions)
    {
        FunctionStart = functionStart;
        (_baseRegister, _baseOffset) = frameBase;
        _actions = [.. actions];
        IsSignalFrame = _actions is [.., { Kind: UnwindActionKind.MachineFrame }];
    }

    public ulong FunctionStart { get; }

    public bool IsSignalFrame { get; }

    /// <summary>False: a thread's first function returns to 0.</summary>
    public bool IsOutermost => false;

    // By the processor's number (Intel SDM, volume 2, "Encoding of the r/m field").
    private static ReadOnlySpan<byte> Registers =>
    [
        DwarfRegister.Rax, DwarfRegister.Rcx, DwarfRegister.Rdx, DwarfRegister.Rbx, DwarfRegister.Rsp, DwarfRegister.Rbp, DwarfRegister.Rsi, DwarfRegister.Rdi,
        DwarfRegister.R8, DwarfRegister.R9, DwarfRegister.R10, DwarfRegister.R11, DwarfRegister.R12, DwarfRegister.R13, DwarfRegister.R14, DwarfRegister.R15,
    ];

    public RegisterFile Unwind(in RegisterFile registers, CachedMemory memory)
    {
        RegisterFile caller = registers;
        ulong frameBase = unchecked(registers[Registers[_baseRegister]] + (ulong)_baseOffset);
        ulong stack = registers.Sp;
        foreach (UnwindAction action in _actions)
        {
            int register = Registers[action.Register];
            ulong value = unchecked((ulong)action.Value);
            switch (action.Kind)
            {
                case UnwindActionKind.Pop:
                    caller[register] = memory.Read<ulong>(stack);
                    stack = unchecked(stack + WordBytes);
                    break;
                case UnwindActionKind.Free:
                    stack = unchecked(stack + value);
                    break;
                case UnwindActionKind.SetStack:
                    stack = unchecked(caller[register] + value);
                    break;
                case UnwindActionKind.Load:
                    caller[register] = memory.Read<ulong>(unchecked(frameBase + value));
                    break;
                default:
                    MachineFrame frame = memory.Read<MachineFrame>(unchecked(stack + value));
                    caller[DwarfRegister.ReturnAddress] = frame.Rip;
                    caller[DwarfRegister.Rsp] = frame.Rsp;
                    return caller;
            }
        }

        caller[DwarfRegister.ReturnAddress] = memory.Read<ulong>(stack);
        caller[DwarfRegister.Rsp] = unchecked(stack + WordBytes);
        return caller;
    }
}
