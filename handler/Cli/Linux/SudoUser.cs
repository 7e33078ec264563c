using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Who called sudo(8). Only root is told: whoever else sets the variables gains nothing by them.</summary>
internal static class SudoUser
{
    /// <summary>The caller's name in the environment.</summary>
    public const string NameVariable = "SUDO_USER";

    private const string IdVariable = "SUDO_UID";
    private const uint Root = 0;

    /// <summary>The caller's user id; null: this is not root, or root did not come by sudo from somebody else.</summary>
    public static uint? Id() => Id(PosixFiles.UserId(), Environment.GetEnvironmentVariable(IdVariable));

    /// <summary>The same, by what is known.</summary>
    internal static uint? Id(uint user, string? variable)
        => user == Root && uint.TryParse(variable, NumberStyles.None, CultureInfo.InvariantCulture, out uint caller) && caller != Root ? caller : null;
}
