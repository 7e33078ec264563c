using System.Globalization;

namespace CrashHandler.Tests.Native;

/// <summary>How a victim ended.</summary>
/// <param name="Status">Exit status; 128 + signal for a death by signal.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
/// <param name="Elapsed">How long it was waited for.</param>
internal sealed record VictimResult(int Status, string Output, string Errors, TimeSpan Elapsed)
{
    /// <summary>The number after the last line that begins with <paramref name="name"/>.</summary>
    public int Number(string name) => int.Parse(
        Output.Split('\n').Last(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..],
        CultureInfo.InvariantCulture);
}
