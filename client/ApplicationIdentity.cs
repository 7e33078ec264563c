using System.Reflection;

namespace CrashHandler;

/// <summary>What the application says of itself in its entry assembly.</summary>
internal static class ApplicationIdentity
{
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
        => Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>A product's name as a folder name: every character outside letters, digits, space, <c>._-</c> becomes <c>_</c>.</summary>
    public static string FolderName(string productName)
        => string.Concat(productName.Select(c => char.IsLetterOrDigit(c) || c is ' ' or '.' or '_' or '-' ? c : '_'));
}
