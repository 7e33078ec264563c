namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>What became of the inputs of a format.</summary>
/// <param name="Read">Those that were read.</param>
/// <param name="Refused">Those that were refused.</param>
/// <param name="MostBytes">Bytes that one of them allocated at most.</param>
/// <param name="Longest">How long one of them took at most.</param>
internal sealed record FuzzOutcome(int Read, int Refused, long MostBytes, TimeSpan Longest);
