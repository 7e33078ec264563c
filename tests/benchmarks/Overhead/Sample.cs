namespace CrashHandler.Benchmarks.Overhead;

/// <summary>User and system time of one run, in milliseconds.</summary>
/// <param name="Caught">The loop of caught exceptions.</param>
/// <param name="Collected">The loop that keeps the collector busy.</param>
/// <param name="Whole">The process, from its exec to its end, <c>Start</c> included.</param>
internal sealed record Sample(double Caught, double Collected, double Whole);
