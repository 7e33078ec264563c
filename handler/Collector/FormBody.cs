using System.Text;

namespace CrashHandler.Handler.Collector;

/// <summary>A multipart/form-data body, read as strictly as the strictest of the three servers.</summary>
/// <param name="Fields">Text fields.</param>
/// <param name="DumpName">File name of the dump.</param>
/// <param name="Dump">The dump.</param>
/// <param name="Attachments">Further files, by their names.</param>
internal sealed record FormBody(
    IReadOnlyDictionary<string, string> Fields, string DumpName, ReadOnlyMemory<byte> Dump, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Attachments)
{
    private const string DumpField = "upload_file_minidump";
    private const string ReservedField = "uuid";
    private const string Disposition = "Content-Disposition: form-data; name=\"";
    private const string FileName = "\"; filename=\"";

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> LineBreak => "\r\n"u8;

    private static ReadOnlySpan<byte> EmptyLine => "\r\n\r\n"u8;

    private static ReadOnlySpan<byte> MinidumpSignature => "MDMP"u8;

    /// <summary>Reads a body.</summary>
    /// <exception cref="RefusedRequestException">A rule is broken.</exception>
    public static FormBody Parse(ReadOnlyMemory<byte> body, string boundary)
    {
        byte[] delimiter = Encoding.UTF8.GetBytes("\r\n--" + boundary);
        Dictionary<string, string> fields = [];
        string? dumpName = null;
        ReadOnlyMemory<byte> dump = default;
        Dictionary<string, ReadOnlyMemory<byte>> attachments = [];
        if (!body.Span.StartsWith(delimiter.AsSpan(LineBreak.Length)))
        {
            throw Malformed("the body does not begin with the boundary");
        }

        int position = delimiter.Length - LineBreak.Length;
        while (true)
        {
            ReadOnlySpan<byte> rest = body.Span[position..];
            if (rest.SequenceEqual("--\r\n"u8))
            {
                break;
            }

            if (!rest.StartsWith(LineBreak))
            {
                throw Malformed("a boundary is not followed by CR LF");
            }

            int end = rest.IndexOf(delimiter);
            if (end < 0)
            {
                throw Malformed("the closing boundary is missing");
            }

            int headers = rest[..end].IndexOf(EmptyLine);
            if (headers < LineBreak.Length)
            {
                throw Malformed("a part has no headers, or no empty line behind them");
            }

            (string name, string? fileName) = ParseHeaders(Text(rest[LineBreak.Length..headers]));
            int start = headers + EmptyLine.Length;
            ReadOnlyMemory<byte> content = body[(position + start)..(position + end)];
            if (fileName is null)
            {
                if (name == ReservedField)
                {
                    throw new RefusedRequestException(401, "Discarded=unauthorized_uuid");
                }

                fields[name] = Text(content.Span);
            }
            else if (name == DumpField)
            {
                dumpName = fileName;
                dump = content;
            }
            else
            {
                attachments[fileName] = content;
            }

            position += end + delimiter.Length;
        }

        return fields.Count == 0 ? throw new RefusedRequestException(400, "Discarded=malformed_no_annotations")
            : dumpName is null ? throw new RefusedRequestException(400, $"the file part {DumpField} is missing")
            : !dump.Span.StartsWith(MinidumpSignature) ? throw new RefusedRequestException(400, "invalid minidump: it does not begin with MDMP")
            : new FormBody(fields, dumpName, dump, attachments);
    }

    private static (string Name, string? FileName) ParseHeaders(string headers)
    {
        string[] lines = headers.Split("\r\n");
        // The quote that ends the name is not the one that begins it.
        if (!lines[0].StartsWith(Disposition, StringComparison.Ordinal) || !lines[0].AsSpan(Disposition.Length).EndsWith('"'))
        {
            throw Malformed($"a part does not begin with {Disposition}...\" (mini-breakpad-server wants names quoted, and this header first): '{lines[0]}'");
        }

        string value = lines[0][Disposition.Length..^1];
        int file = value.IndexOf(FileName, StringComparison.Ordinal);
        string escaped = file < 0 ? value : value[..file];
        string? fileName = file < 0 ? null : value[(file + FileName.Length)..];
        string name = Unescape(escaped);
        if (name.Length is 0 or > CollectorLimits.MaxNameCharacters || escaped.Contains('"') || fileName is "" || (fileName?.Contains('"') ?? false))
        {
            throw Malformed($"a part has the name '{escaped}' and the file name '{fileName}'");
        }

        if (fileName is null && lines.Length > 1)
        {
            throw Malformed($"the text field '{name}' has headers besides Content-Disposition");
        }

        return (name, fileName);
    }

    private static string Unescape(string name) => name.Replace("%0d", "\r").Replace("%0a", "\n").Replace("%22", "\"").Replace("%25", "%");

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a text is not UTF-8");
        }
    }

    private static RefusedRequestException Malformed(string rule) => new(400, $"Discarded=malformed_invalid_payload_structure ({rule})");
}
