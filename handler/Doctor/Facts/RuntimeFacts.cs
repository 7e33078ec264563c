namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>An installed .NET runtime, or that of a process.</summary>
/// <param name="Name">Its version, or the process it is of.</param>
/// <param name="Directory">Where its library lies.</param>
/// <param name="Build">Its build, as its file says; null: it does not.</param>
/// <param name="DacBuild">That of the debugging library beside it; null: there is none, or it says none.</param>
/// <param name="HasDac">Whether the debugging library is there.</param>
/// <param name="WhyDacRefused">Why the debugging library would not be loaded; null: it would.</param>
/// <param name="HasCreateDump">Whether createdump is there.</param>
internal sealed record RuntimeFacts(string Name, string Directory, string? Build, string? DacBuild, bool HasDac, string? WhyDacRefused, bool HasCreateDump);
