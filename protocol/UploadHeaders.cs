namespace CrashHandler.Protocol;

/// <summary>What headers an upload may carry beside its own, and how they are written in a registration block: a line each, <c>Name: value</c>. Pure.</summary>
public static class UploadHeaders
{
    private const string TokenMarks = "!#$%&'*+-.^_`|~";

    // Those of the body, and of the connection: what makes the form a form.
    private const string BodyPrefix = "Content-";

    private static readonly HashSet<string> s_ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Transfer-Encoding", "Host", "Connection", "Expect", "Trailer", "Upgrade", "Allow", "Expires", "Last-Modified",
    };

    /// <summary>What is wrong with a header; null: nothing (RFC 9110, 5.1 and 5.5; values in printable ASCII only, which is all that HTTP/1.1 is sure of).</summary>
    public static string? Problem(string name, string? value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || TokenMarks.Contains(c, StringComparison.Ordinal)) ? $"'{name}' is no name of a header"
            : s_ours.Contains(name) || name.StartsWith(BodyPrefix, StringComparison.OrdinalIgnoreCase) ? $"the header '{name}' is set by the crash reporter itself"
            : value is null ? $"the value of the header '{name}' is null"
            : value.All(c => c is '\t' or (>= ' ' and <= '~')) ? null
            : $"the value of the header '{name}' has characters that are not printable ASCII, which no header can carry";
    }

    /// <summary>Writes headers.</summary>
    public static string Format(IEnumerable<KeyValuePair<string, string>> headers) => string.Join('\n', headers.Select(header => $"{header.Key}: {header.Value}"));

    /// <summary>Reads headers, of whatever a client wrote: what is no header is left out; of two of one name the last counts.</summary>
    public static Dictionary<string, string> Parse(string lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string[] pair in lines.Split('\n').Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2 && Problem(pair[0].Trim(), pair[1].Trim()) is null))
        {
            headers[pair[0].Trim()] = pair[1].Trim();
        }

        return headers;
    }
}
