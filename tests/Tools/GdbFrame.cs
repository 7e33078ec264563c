namespace CrashHandler.Tests.Tools;

/// <summary>A frame as GDB finds it.</summary>
/// <param name="Ip">Instruction pointer.</param>
/// <param name="Name">The function, or empty.</param>
internal sealed record GdbFrame(ulong Ip, string Name)
{
    /// <summary>Stack pointer; of a core only.</summary>
    public ulong Sp { get; init; }

    /// <summary>Path of the ELF file whose code it is; null: of none. Of a core only.</summary>
    public string? Module { get; init; }
}
