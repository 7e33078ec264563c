namespace CrashHandler.Handler.Upload;

/// <summary>A file of a form.</summary>
/// <param name="Field">The field's name.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Open">Opens it for reading from its beginning.</param>
internal sealed record FormFile(string Field, string FileName, long Length, Func<Stream> Open);
