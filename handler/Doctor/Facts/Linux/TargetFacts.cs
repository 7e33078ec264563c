using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The process that is to be covered.</summary>
internal sealed record TargetFacts
{
    public required int ProcessId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its effective user.</summary>
    public required uint User { get; init; }

    /// <summary>Owner of its files in /proc: root, or whom this namespace does not know, where it is not dumpable.</summary>
    public required uint Owner { get; init; }

    /// <summary>Who traces it; 0: nobody.</summary>
    public required int Tracer { get; init; }

    /// <summary>Whether libcrashhandler.so is mapped; null: its maps cannot be read.</summary>
    public required bool? HasShim { get; init; }

    /// <summary>What its handler says that it should have in place and has not; null: no handler that was found has it.</summary>
    public Hooks? Missing { get; init; }

    /// <summary>What opening its memory answered: an errno, 0: it may be read.</summary>
    public required int MemoryErrno { get; init; }

    /// <summary>Namespaces in which it is and this process is not, such as <c>mnt</c>, <c>pid</c>; null: that is hidden from this process.</summary>
    public required IReadOnlyList<string>? OtherNamespaces { get; init; }

    /// <summary>Mode of its seccomp filter; null: not known.</summary>
    public required int? SeccompMode { get; init; }
}
