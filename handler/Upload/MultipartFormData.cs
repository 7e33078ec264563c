using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace CrashHandler.Handler.Upload;

/// <summary>
/// The body of an upload, by hand: .NET's own MultipartFormDataContent leaves names unquoted and quotes the boundary, and mini-breakpad-server
/// answers that with 500. Its length is known before it is sent, because Socorro refuses chunks; files are read while they are sent.
/// </summary>
internal sealed class MultipartFormData : HttpContent
{
    /// <summary>Field of the dump.</summary>
    public const string DumpField = "upload_file_minidump";

    // Socorro answers 401 to a report that names itself.
    private const string ServersIdField = "uuid";

    private const string Alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomCharacters = 32;

    private readonly byte[] _fields;
    private readonly (byte[] Head, FormFile File)[] _files;
    private readonly byte[] _end;

    /// <summary>Makes a form: fields in ordinal order of their keys, then the files. Servers keep two names for themselves, and an empty one is none: they are left out.</summary>
    /// <param name="fields">Text fields.</param>
    /// <param name="files">Files, the dump first.</param>
    /// <param name="boundary">Null: a new one.</param>
    public MultipartFormData(IReadOnlyDictionary<string, string> fields, IReadOnlyList<FormFile> files, string? boundary = null)
    {
        boundary ??= $"---MultipartBoundary-{RandomNumberGenerator.GetString(Alphanumerics, RandomCharacters)}---";
        _fields = Encoding.UTF8.GetBytes(string.Concat(fields
            .Where(field => field.Key is not ("" or DumpField or ServersIdField))
            .OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => $"--{boundary}\r\nContent-Disposition: form-data; name=\"{Escape(field.Key)}\"\r\n\r\n{field.Value}\r\n")));
        _files = [.. files.Select((file, index) => (Encoding.UTF8.GetBytes(
            $"{(index > 0 ? "\r\n" : "")}--{boundary}\r\nContent-Disposition: form-data; name=\"{Escape(file.Field)}\"; filename=\"{Escape(file.FileName)}\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n"), file))];
        _end = Encoding.UTF8.GetBytes($"{(files.Count > 0 ? "\r\n" : "")}--{boundary}--\r\n");
        Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _fields.Length + _files.Sum(file => file.Head.Length + file.File.Length) + _end.Length;
        return true;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file cannot be read, or is not as long as it was.</exception>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_fields, cancellationToken).ConfigureAwait(false);
        foreach ((byte[] head, FormFile file) in _files)
        {
            await stream.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            await using Stream content = file.Open();
            if (content.Length != file.Length)
            {
                throw new IOException($"'{file.FileName}' has {content.Length} bytes instead of {file.Length}");
            }

            await content.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(_end, cancellationToken).ConfigureAwait(false);
    }

    private static string Escape(string name) => name.Replace("%", "%25").Replace("\"", "%22").Replace("\r", "%0d").Replace("\n", "%0a");
}
