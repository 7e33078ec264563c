using System.Security.Cryptography;
using System.Text;

namespace CrashHandler.Handler.Upload;

/// <summary>
/// The body of an upload, by hand: .NET's own MultipartFormDataContent leaves names unquoted and quotes the boundary, and mini-breakpad-server
/// answers that with 500.
/// </summary>
/// <param name="Boundary">Stands unquoted in the Content-Type.</param>
/// <param name="Bytes">The whole body, so that Content-Length is known: Socorro refuses chunks.</param>
internal sealed record MultipartFormData(string Boundary, byte[] Bytes)
{
    /// <summary>Field of the dump.</summary>
    public const string DumpField = "upload_file_minidump";

    // Socorro answers 401 to a report that names itself.
    private const string ServersIdField = "uuid";

    private const string Alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomCharacters = 32;

    /// <summary>Value of the Content-Type header.</summary>
    public string ContentType => $"multipart/form-data; boundary={Boundary}";

    /// <summary>Fields in ordinal order of their keys, then the dump. Servers keep two names for themselves, and an empty one is none: they are left out.</summary>
    public static MultipartFormData Build(IReadOnlyDictionary<string, string> fields, string dumpName, ReadOnlySpan<byte> dump, string? boundary = null)
    {
        boundary ??= NewBoundary();
        using MemoryStream body = new(dump.Length + 4096);
        foreach ((string key, string value) in fields.Where(field => field.Key is not ("" or DumpField or ServersIdField)).OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            Write(body, $"--{boundary}\r\nContent-Disposition: form-data; name=\"{Escape(key)}\"\r\n\r\n{value}\r\n");
        }

        Write(body, $"--{boundary}\r\nContent-Disposition: form-data; name=\"{DumpField}\"; filename=\"{Escape(dumpName)}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        body.Write(dump);
        Write(body, $"\r\n--{boundary}--\r\n");
        return new MultipartFormData(boundary, body.ToArray());
    }

    private static string NewBoundary() => $"---MultipartBoundary-{RandomNumberGenerator.GetString(Alphanumerics, RandomCharacters)}---";

    private static string Escape(string name) => name.Replace("%", "%25").Replace("\"", "%22").Replace("\r", "%0d").Replace("\n", "%0a");

    private static void Write(Stream body, string text) => body.Write(Encoding.UTF8.GetBytes(text));
}
