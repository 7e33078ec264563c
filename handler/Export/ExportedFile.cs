namespace CrashHandler.Handler.Export;

/// <summary>A file in an export.</summary>
/// <param name="Name">Its path there, within the report's folder.</param>
/// <param name="Bytes">Its size before compression.</param>
/// <param name="Meaning">What it is, in a few words.</param>
internal sealed record ExportedFile(string Name, long Bytes, string Meaning);
