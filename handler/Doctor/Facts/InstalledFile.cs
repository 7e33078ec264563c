namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>One file of the installation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Exists">It is there, and a regular file.</param>
/// <param name="IsUsable">It can be read, and executed if it is a program.</param>
/// <param name="Purpose">What there is not without it.</param>
/// <param name="IsVital">Whether nothing is reported without it.</param>
internal sealed record InstalledFile(string Name, bool Exists, bool IsUsable, string Purpose, bool IsVital);
