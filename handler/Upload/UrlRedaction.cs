namespace CrashHandler.Handler.Upload;

/// <summary>URLs as logs and errors may show them: user, password and the values of the query are credentials with many servers.</summary>
internal static class UrlRedaction
{
    private const string Hidden = "***";

    /// <summary>The URL without credentials.</summary>
    public static string Redact(Uri url)
    {
        string user = url.UserInfo.Length > 0 ? Hidden + "@" : "";
        string query = string.Join('&', url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Contains('=') ? $"{pair.Split('=', 2)[0]}={Hidden}" : Hidden));
        return $"{url.Scheme}://{user}{url.Authority}{url.AbsolutePath}{(query.Length > 0 ? "?" + query : "")}";
    }
}
