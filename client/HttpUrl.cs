using System.Diagnostics.CodeAnalysis;

namespace CrashHandler;

/// <summary>Texts that are absolute http or https URLs. Pure.</summary>
internal static class HttpUrl
{
    private const string Http = "http://";
    private const string Https = "https://";

    /// <summary>The URL as <see cref="Uri.AbsoluteUri"/> writes it; null: it is none.</summary>
    /// <remarks>
    /// Of an ordinary one that is the text itself, and System.Uri is not asked: it costs a cold process as much as the rest of Start, 15 ms and more.
    /// </remarks>
    public static string? Canonical(string text)
        => IsOrdinary(text) ? text : TryParse(text, out Uri? url) ? url.AbsoluteUri : null;

    /// <summary>The same as System.Uri has it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? url)
        => Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is "http" or "https";

    /// <summary>A name in small letters, then a path that is not empty: nothing that System.Uri would write in another way.</summary>
    private static bool IsOrdinary(string text)
    {
        int host = text.StartsWith(Https, StringComparison.Ordinal) ? Https.Length : text.StartsWith(Http, StringComparison.Ordinal) ? Http.Length : -1;
        int path = host < 0 ? -1 : text.IndexOf('/', host);
        return path > host && IsName(text.AsSpan(host, path - host)) && IsPlain(text.AsSpan(path));
    }

    // Labels of letters, digits and inner hyphens; the last one of letters, or it might be an address.
    private static bool IsName(ReadOnlySpan<char> host)
    {
        char former = '.';
        bool isWord = false;
        foreach (char letter in host)
        {
            bool isLetter = letter is >= 'a' and <= 'z';
            if (!isLetter && letter is not (>= '0' and <= '9' or '-' or '.') || (letter is '.' or '-' && former is '.' or '-') || (letter == '.' && former == '-'))
            {
                return false;
            }

            isWord = letter == '.' || (isLetter && (isWord || former == '.'));
            former = letter;
        }

        return isWord && former is not ('.' or '-') && host.Length <= 253;
    }

    private static bool IsPlain(ReadOnlySpan<char> path)
    {
        char former = 'x';
        bool isQuery = false;
        foreach (char letter in path)
        {
            bool isPlain = letter is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '_' or '~' or '.' or '/' or '?' or '=' or '&';

            // Segments that are dots are taken out.
            if (!isPlain || (letter == '.' && former == '/' && !isQuery))
            {
                return false;
            }

            isQuery |= letter == '?';
            former = letter;
        }

        return true;
    }
}
