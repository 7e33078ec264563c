using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Registers by their <see cref="DwarfRegister"/> number.</summary>
[InlineArray(DwarfRegister.Count)]
internal struct RegisterFile
{
    private ulong _first;

    public readonly ulong Ip => this[DwarfRegister.ReturnAddress];

    public readonly ulong Sp => this[DwarfRegister.Rsp];

    public static RegisterFile Of(Amd64Registers registers)
    {
        RegisterFile file = default;
        file[DwarfRegister.Rax] = registers.Rax;
        file[DwarfRegister.Rdx] = registers.Rdx;
        file[DwarfRegister.Rcx] = registers.Rcx;
        file[DwarfRegister.Rbx] = registers.Rbx;
        file[DwarfRegister.Rsi] = registers.Rsi;
        file[DwarfRegister.Rdi] = registers.Rdi;
        file[DwarfRegister.Rbp] = registers.Rbp;
        file[DwarfRegister.Rsp] = registers.Rsp;
        file[DwarfRegister.R8] = registers.R8;
        file[DwarfRegister.R9] = registers.R9;
        file[DwarfRegister.R10] = registers.R10;
        file[DwarfRegister.R11] = registers.R11;
        file[DwarfRegister.R12] = registers.R12;
        file[DwarfRegister.R13] = registers.R13;
        file[DwarfRegister.R14] = registers.R14;
        file[DwarfRegister.R15] = registers.R15;
        file[DwarfRegister.ReturnAddress] = registers.Rip;
        return file;
    }

    /// <summary>The same as a context; what stands for the instant, such as flags and vector registers, is not a caller's.</summary>
    public readonly Amd64Registers ToContext() => new()
    {
        Rax = this[DwarfRegister.Rax],
        Rdx = this[DwarfRegister.Rdx],
        Rcx = this[DwarfRegister.Rcx],
        Rbx = this[DwarfRegister.Rbx],
        Rsi = this[DwarfRegister.Rsi],
        Rdi = this[DwarfRegister.Rdi],
        Rbp = this[DwarfRegister.Rbp],
        Rsp = this[DwarfRegister.Rsp],
        R8 = this[DwarfRegister.R8],
        R9 = this[DwarfRegister.R9],
        R10 = this[DwarfRegister.R10],
        R11 = this[DwarfRegister.R11],
        R12 = this[DwarfRegister.R12],
        R13 = this[DwarfRegister.R13],
        R14 = this[DwarfRegister.R14],
        R15 = this[DwarfRegister.R15],
        Rip = this[DwarfRegister.ReturnAddress],
    };
}
