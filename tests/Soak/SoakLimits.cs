using System.Globalization;

namespace CrashHandler.Tests.Soak;

/// <summary>How much the soaks do, unless told otherwise.</summary>
internal static class SoakLimits
{
    /// <summary>The environment variable that says how often; build/soak sets it.</summary>
    public const string CountVariable = "SOAK_COUNT";

    /// <summary>Each kind of death, in each stage.</summary>
    public const int Deaths = 100;

    /// <summary>Processes that set a parameter and crash.</summary>
    public const int Parameters = 1_000;

    /// <summary>Kills of a handler that uploads.</summary>
    public const int UploaderKills = 200;

    /// <summary>Reports that it uploads meanwhile.</summary>
    public const int UploadedReports = 50;

    /// <summary>Crashes of many kinds, while everything else goes wrong.</summary>
    public const int Crashes = 2_000;

    /// <summary>The same every day: within two minutes.</summary>
    public const int FewCrashes = 400;

    /// <summary>Processes that crash at a time.</summary>
    public const int CrashingAtOnce = 20;

    /// <summary>Exceptions caught by each program.</summary>
    public const int Nulls = 100_000;

    /// <inheritdoc cref="Nulls"/>
    public const int Divisions = 10_000;

    /// <summary>Processes at once: as many as a small machine has cores.</summary>
    public const int Parallel = 2;

    /// <summary>The number asked for, else the usual one.</summary>
    /// <exception cref="ArgumentException">What was asked for is no number of times.</exception>
    public static int Count(int usual)
        => Environment.GetEnvironmentVariable(CountVariable) is not { Length: > 0 } text ? usual
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count
            : throw new ArgumentException($"{CountVariable} is '{text}'; give a whole number, 1 or more");
}
