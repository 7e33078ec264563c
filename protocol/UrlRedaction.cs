namespace CrashHandler.Protocol;

/// <summary>
/// URLs as logs and errors may show them: user, password and the values of the query are credentials with many servers, and so is a long number in the
/// path (Backtrace's token).
/// </summary>
public static class UrlRedaction
{
    private const string Hidden = "***";

    // Hexadecimal digits: 128 bits. No path that is one is a word.
    private const int TokenDigits = 32;

    /// <summary>The URL without credentials.</summary>
    public static string Redact(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri ? Redact(url.AbsoluteUri) : Redact(url.OriginalString);
    }

    /// <summary>A text that was meant as a URL, without what may be credentials in it.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Split('#')[0];
        int query = text.IndexOf('?', StringComparison.Ordinal);
        string address = string.Join('/', (query < 0 ? text : text[..query]).Split('/').Select(RedactSegment));
        int scheme = address.IndexOf("//", StringComparison.Ordinal);
        int authority = scheme < 0 ? 0 : scheme + 2;
        int user = address.LastIndexOf('@');
        string shown = user < authority ? address : $"{address[..authority]}{Hidden}{address[user..]}";
        return query < 0 ? shown : $"{shown}?{string.Join('&', text[(query + 1)..].Split('&').Select(RedactPair))}";
    }

    private static string RedactSegment(string segment) => segment.Length >= TokenDigits && segment.All(char.IsAsciiHexDigit) ? Hidden : segment;

    private static string RedactPair(string pair) => pair.Contains('=') ? $"{pair.Split('=', 2)[0]}={Hidden}" : pair.Length > 0 ? Hidden : "";
}
