using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Which reports are wanted: those that are all of what is said here.</summary>
internal sealed record ReportFilter
{
    /// <summary>Crashed then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Crashed then or before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Product's name, in whatever case.</summary>
    public string? Product { get; init; }

    /// <summary>Process type, in whatever case.</summary>
    public string? Type { get; init; }

    /// <summary>A part of the signature, in whatever case.</summary>
    public string? Signature { get; init; }

    public ReportState? State { get; init; }

    /// <summary>Whether it says anything at all.</summary>
    public bool IsAny => this == new ReportFilter();

    /// <summary>Whether a report is wanted.</summary>
    public bool Matches(ReportRecord report)
        => !(report.Created < Since) && !(report.Created > Until)
            && (State is null || report.State == State)
            && IsOf(Product, report.Parameters.GetValueOrDefault(RegistrationFields.ProductName))
            && IsOf(Type, report.ProcessType)
            && (Signature is null || report.Signature?.Contains(Signature, StringComparison.OrdinalIgnoreCase) == true);

    private static bool IsOf(string? wanted, string? own) => wanted is null || string.Equals(wanted, own, StringComparison.OrdinalIgnoreCase);
}
