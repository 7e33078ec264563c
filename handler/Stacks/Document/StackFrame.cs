using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Stacks.Document;

/// <summary>One frame of a stack.</summary>
internal sealed record StackFrame
{
    /// <summary>What code it is of.</summary>
    public required StackFrameKind Kind { get; init; }

    /// <summary>How it was found.</summary>
    public required StackFrameOrigin Origin { get; init; }

    /// <summary>Managed: full signature, such as <c>P.Outer&lt;T&gt;.M(System.Int32)</c>. Native: the function's name as its symbol has it. Transition: the
    /// runtime's name of it. Null: not known.</summary>
    public string? Method { get; init; }

    /// <summary>Absolute path of the module, as the process sees it; null: not known.</summary>
    public string? Module { get; init; }

    /// <summary>Bytes from the module's first byte to <see cref="Ip"/>; native frames only.</summary>
    [JsonConverter(typeof(HexadecimalConverter))]
    public ulong? ModuleOffset { get; init; }

    /// <summary>Bytes from the function's first byte to <see cref="Ip"/>; native frames with a name only.</summary>
    [JsonConverter(typeof(HexadecimalConverter))]
    public ulong? FunctionOffset { get; init; }

    /// <summary>The module version id; managed frames only.</summary>
    public Guid? Mvid { get; init; }

    /// <summary>Metadata token of the method; managed frames only.</summary>
    public uint? Token { get; init; }

    /// <summary>Offset in the method's IL; null: not known.</summary>
    public int? IlOffset { get; init; }

    /// <summary>Source file, as the compiler saw it; null: no PDB that belongs to the module.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>Instruction pointer: of the innermost frame the instruction itself, else the return address; 0: not known.</summary>
    [JsonConverter(typeof(HexadecimalConverter))]
    public ulong Ip { get; init; }

    /// <summary>Stack pointer in this frame; 0: not known.</summary>
    [JsonConverter(typeof(HexadecimalConverter))]
    public ulong Sp { get; init; }

    /// <summary>From this frame on so many frames repeat so many times, and stand here once; null: they do not.</summary>
    public StackRun? Run { get; init; }
}
