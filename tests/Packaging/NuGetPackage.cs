using System.IO.Compression;
using System.Xml.Linq;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>A package of artifacts/packages, as a package site gets it.</summary>
internal sealed class NuGetPackage : IDisposable
{
    public const string Client = "CrashHandler.Client";

    public const string Handler = "CrashHandler.Handler";

    // What the format itself puts into every package (Open Packaging Conventions).
    private static readonly string[] s_envelope = ["_rels/", "package/", "[Content_Types].xml"];

    private readonly ZipArchive _archive;

    private NuGetPackage(string path, string id)
    {
        _archive = ZipFile.OpenRead(path);
        Metadata = XDocument.Parse(Text($"{id}.nuspec")).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public static string Folder => Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "packages");

    /// <summary>The nuspec's <c>metadata</c>.</summary>
    public XElement Metadata { get; }

    /// <summary>Paths of the files that are ours, in order.</summary>
    public IReadOnlyList<string> Files
        => [.. _archive.Entries.Select(entry => entry.FullName).Where(name => !name.EndsWith(".nuspec", StringComparison.Ordinal)
            && !s_envelope.Any(start => name.StartsWith(start, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    /// <summary>Opens the package of the version that the tests were built with.</summary>
    /// <param name="id">Which.</param>
    /// <param name="extension"><c>nupkg</c>, or <c>snupkg</c> for its symbols.</param>
    public static NuGetPackage Open(string id, string extension = "nupkg")
    {
        string path = Path.Combine(Folder, $"{id}.{Version}.{extension}");
        Assert.True(File.Exists(path), $"{path} is missing; run build/publish");
        return new NuGetPackage(path, id);
    }

    public static string Version => typeof(CrashReporter).Assembly.GetName().Version!.ToString(3);

    /// <summary>Text of an element of the metadata; null where there is none.</summary>
    public string? Text(string element, string? attribute)
        => Metadata.Elements().SingleOrDefault(found => found.Name.LocalName == element) is { } only ? (attribute is null ? only.Value : only.Attribute(attribute)?.Value) : null;

    public string Text(string file)
    {
        using StreamReader reader = new(new MemoryStream(Bytes(file)));
        return reader.ReadToEnd();
    }

    public byte[] Bytes(string file)
    {
        ZipArchiveEntry? entry = _archive.GetEntry(file);
        Assert.True(entry is not null, $"there is no {file}, only {string.Join(", ", Files)}");
        using Stream stream = entry.Open();
        MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public void Dispose() => _archive.Dispose();
}
