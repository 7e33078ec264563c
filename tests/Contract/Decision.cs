namespace CrashHandler.Tests.Contract;

/// <summary>Something this project does otherwise than Electron, or where Electron's versions differ.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Text">What is done here.</param>
internal sealed record Decision(string Name, string Text);
