using System.Globalization;
using System.Text;

namespace CrashHandler.Handler.Collector;

/// <summary>Line and headers of a request, checked as the three servers check them.</summary>
/// <param name="ContentLength">Bytes of the body.</param>
/// <param name="Boundary">Between its parts.</param>
/// <param name="IsCompressed">Whether the body is compressed (gzip).</param>
internal sealed record RequestHead(int ContentLength, string Boundary, bool IsCompressed)
{
    private const string FormData = "multipart/form-data";
    private const string BoundaryParameter = "boundary=";

    /// <summary>Reads a head.</summary>
    /// <param name="head">Its bytes, the empty line included.</param>
    /// <param name="takesGzip">Whether a compressed body is taken.</param>
    /// <exception cref="RefusedRequestException">A rule is broken.</exception>
    public static RequestHead Parse(ReadOnlySpan<byte> head, bool takesGzip = false)
    {
        string[] lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] request = lines.Length == 0 ? [] : lines[0].Split(' ');
        if (request.Length != 3 || !request[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            throw new RefusedRequestException(400, "not an HTTP/1 request");
        }

        if (request[0] != "POST")
        {
            throw new RefusedRequestException(405, $"method {request[0]}; only POST is taken");
        }

        ILookup<string, string> headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2).ToLookup(pair => pair[0].Trim(), pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        if (headers["Transfer-Encoding"].Any() || !headers["Content-Length"].Any())
        {
            throw new RefusedRequestException(400, "Discarded=malformed_no_content_length");
        }

        if (headers["Expect"].Any())
        {
            throw new RefusedRequestException(417, "Expect is not taken (Backtrace asks for none)");
        }

        bool isCompressed = takesGzip && headers["Content-Encoding"].SequenceEqual(["gzip"]);
        if (headers["Content-Encoding"].Any() && !isCompressed)
        {
            throw new RefusedRequestException(415, $"Content-Encoding {headers["Content-Encoding"].First()}; mini-breakpad-server reads none");
        }

        if (!long.TryParse(headers["Content-Length"].First(), NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            throw new RefusedRequestException(400, $"Content-Length is no number: '{headers["Content-Length"].First()}'");
        }

        return length switch
        {
            0 => throw new RefusedRequestException(400, "Discarded=malformed_no_content_length (an empty body)"),
            > CollectorLimits.MaxBodyBytes => throw new RefusedRequestException(413, $"a body of {length} bytes, at most {CollectorLimits.MaxBodyBytes} are taken"),
            _ => new RequestHead((int)length, ParseBoundary(headers["Content-Type"].FirstOrDefault() ?? ""), isCompressed),
        };
    }

    private static string ParseBoundary(string contentType)
    {
        string[] parts = contentType.Split(';');
        if (parts[0].Trim() != FormData)
        {
            throw new RefusedRequestException(400, $"Discarded=malformed_wrong_content_type ('{parts[0].Trim()}')");
        }

        // Socorro reads what stands right behind the first semicolon, and nothing else.
        string parameter = parts.Length > 1 ? parts[1].Trim() : "";
        string boundary = parameter.StartsWith(BoundaryParameter, StringComparison.Ordinal) ? parameter[BoundaryParameter.Length..].Trim('"') : "";
        return boundary.Length > 0 ? boundary : throw new RefusedRequestException(400, "Discarded=malformed_no_boundary");
    }
}
