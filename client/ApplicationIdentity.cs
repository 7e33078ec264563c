using System.Reflection;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>What the application says of itself in its entry assembly.</summary>
internal static class ApplicationIdentity
{
    private const string FolderEnd = " Crashes";

    /// <summary>AssemblyProduct of the entry assembly, else its name.</summary>
    public static string ProductName()
    {
        Assembly? entry = Assembly.GetEntryAssembly();
        string? product = entry?.GetCustomAttribute<AssemblyProductAttribute>()?.Product;
        return !string.IsNullOrEmpty(product) ? product
            : entry?.GetName().Name ?? Path.GetFileNameWithoutExtension(Environment.ProcessPath) ?? "Application";
    }

    /// <summary>The entry assembly's informational version without its <c>+commit</c> part; null when it has none.</summary>
    public static string? Version()
        => Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] is { } version
            ? Utf8Text.Cut(version, ProtocolLimits.MaxNameBytes) : null;

    /// <summary>The folder of a product's reports: every character outside letters, digits, space, <c>._-</c> becomes <c>_</c>; what is too long for a file system is cut.</summary>
    public static string FolderName(string productName)
    {
        char[] name = productName.ToCharArray();
        for (int i = 0; i < name.Length; i++)
        {
            name[i] = char.IsLetterOrDigit(name[i]) || name[i] is ' ' or '.' or '_' or '-' ? name[i] : '_';
        }

        return Utf8Text.Shorten(new string(name), ClientLimits.FolderNameBytes - FolderEnd.Length) + FolderEnd;
    }
}
