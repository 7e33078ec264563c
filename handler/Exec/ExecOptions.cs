using CrashHandler.Protocol;

namespace CrashHandler.Handler.Exec;

/// <summary>What <c>exec</c> is told: on its command line, else by the variables that the startup hook reads too.</summary>
/// <param name="Database">Directory of the reports; null: <c>NAME Crashes</c> in the temporary directory.</param>
/// <param name="Url">Where reports are sent; null: nowhere, unless a process says.</param>
/// <param name="ProductName">For every program that says none; null: a .NET program's own name, and none for others.</param>
/// <param name="CompanyName">For every program that says none.</param>
/// <param name="Annotations">For every report, <c>KEY=VALUE</c> each.</param>
/// <param name="IsShimOnly">Whether .NET programs go without the startup hook, which those older than .NET 8 cannot load.</param>
internal sealed record ExecOptions(string? Database, Uri? Url, string? ProductName, string? CompanyName, IReadOnlyList<string> Annotations, bool IsShimOnly)
{
    /// <summary>What the handler is given for every report: programs without .NET say nothing of themselves.</summary>
    public IReadOnlyList<string> HandlersAnnotations() =>
    [
        .. ProductName is null ? [] : (string[])[$"{RegistrationFields.ProductName}={ProductName}"],
        .. CompanyName is null ? [] : (string[])[$"{RegistrationFields.CompanyName}={CompanyName}"],
        .. Annotations,
    ];
}
