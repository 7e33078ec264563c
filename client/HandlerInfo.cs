using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>The handler of this process.</summary>
/// <param name="Address">Its socket.</param>
/// <param name="Welcome">What it said of itself.</param>
/// <param name="Executable">Absolute path of its program, where it can be seen: a child may have been told of no other.</param>
internal sealed record HandlerInfo(string Address, Welcome Welcome, string? Executable);
