using System.Buffers.Binary;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>What a package site shows and a package manager unpacks.</summary>
public sealed class PackageContentTests
{
    private const int IconPixels = 128;

    // Of a PNG: the signature, then the length and the name of the first chunk, then width and height.
    private const int WidthOffset = 16;
    private const int HeightOffset = 20;

    private static readonly byte[] s_pngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    [Theory]
    [InlineData(NuGetPackage.Client)]
    [InlineData(NuGetPackage.Handler)]
    public void Metadata(string id)
    {
        using NuGetPackage package = NuGetPackage.Open(id);

        Assert.Equal((id, NuGetPackage.Version), (package.Text("id", null), package.Text("version", null)));
        Assert.Equal(("MIT", "expression"), (package.Text("license", null), package.Text("license", "type")));
        foreach (string element in new[] { "authors", "description", "tags", "releaseNotes", "copyright" })
        {
            Assert.False(string.IsNullOrWhiteSpace(package.Text(element, null)), element);
        }

        // Nobody knows yet where the project will live.
        Assert.Null(package.Text("projectUrl", null));
        Assert.Contains("MIT License", package.Text("LICENSE"), StringComparison.Ordinal);
    }

    /// <summary>A package site shows it alone: what it links to must be there.</summary>
    [Theory]
    [InlineData(NuGetPackage.Client)]
    [InlineData(NuGetPackage.Handler)]
    public void Readme(string id)
    {
        using NuGetPackage package = NuGetPackage.Open(id);
        string readme = package.Text(package.Text("readme", null)!);

        Assert.Contains("dotnet add package CrashHandler.Client", readme, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\]\((?!https://)", readme);
    }

    [Theory]
    [InlineData(NuGetPackage.Client)]
    [InlineData(NuGetPackage.Handler)]
    public void Icon(string id)
    {
        using NuGetPackage package = NuGetPackage.Open(id);
        byte[] icon = package.Bytes(package.Text("icon", null)!);

        Assert.Equal(s_pngSignature, icon[..s_pngSignature.Length]);
        Assert.Equal(
            (IconPixels, IconPixels),
            (BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(WidthOffset)), BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(HeightOffset))));
    }

    /// <summary>Where it was built from, if anybody can get there.</summary>
    [Theory]
    [InlineData(NuGetPackage.Client)]
    [InlineData(NuGetPackage.Handler)]
    public void Repository(string id)
    {
        using NuGetPackage package = NuGetPackage.Open(id);
        SourceOfBuild source = SourceOfBuild.Read();

        (string?, string?, string?) expected = source.Repository.Length > 0 ? ("git", source.Repository, source.Commit) : (null, null, null);
        Assert.Equal(expected, (package.Text("repository", "type"), package.Text("repository", "url"), package.Text("repository", "commit")));
    }

    [Fact]
    public void FilesOfTheClient()
    {
        using NuGetPackage package = NuGetPackage.Open(NuGetPackage.Client);

        string[] assemblies = ["CrashHandler.Client", "CrashHandler.Protocol"];
        string[] frameworks = ["net8.0", "net10.0"];
        string[] expected =
        [
            "LICENSE", "README.md", "icon.png",
            .. frameworks.SelectMany(framework => assemblies.SelectMany(name => new[] { $"lib/{framework}/{name}.dll", $"lib/{framework}/{name}.xml" })),
            .. frameworks.SelectMany(framework => assemblies.Select(name => $"runtimes/linux-x64/lib/{framework}/{name}.dll")),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), package.Files);
    }

    /// <summary>It brings the handler of its own version, and lets its targets through to whoever depends on the application's library.</summary>
    [Fact]
    public void DependencyOfTheClient()
    {
        using NuGetPackage package = NuGetPackage.Open(NuGetPackage.Client);
        List<XElement> groups = [.. package.Metadata.Elements().Single(element => element.Name.LocalName == "dependencies").Elements()];

        Assert.Equal(["net8.0", "net10.0"], groups.Select(group => group.Attribute("targetFramework")!.Value));
        Assert.All(groups, group => Assert.Equal(
            (NuGetPackage.Handler, $"[{NuGetPackage.Version}]", "All"),
            (group.Elements().Single().Attribute("id")!.Value, group.Elements().Single().Attribute("version")!.Value, group.Elements().Single().Attribute("include")!.Value)));
    }

    /// <summary>All that ships, byte for byte.</summary>
    [Fact]
    public void FilesOfTheHandler()
    {
        using NuGetPackage package = NuGetPackage.Open(NuGetPackage.Handler);
        // Where Windows' part cannot be built, there is none.
        string[] systems = ["linux-x64", "win-x64"];
        List<(string Path, string File)> shipped =
        [
            .. systems.Select(system => new DirectoryInfo(Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", system))).Where(folder => folder.Exists)
                .SelectMany(folder => folder.EnumerateFiles().Select(file => ($"runtimes/{folder.Name}/{file.Name}", file.FullName))),
        ];

        string[] expected = ["LICENSE", "README.md", "icon.png", "buildTransitive/CrashHandler.Handler.targets", .. shipped.Select(file => file.Path)];
        Assert.Equal(expected.Order(StringComparer.Ordinal), package.Files);
        Assert.All(shipped, file => Assert.True(package.Bytes(file.Path).AsSpan().SequenceEqual(File.ReadAllBytes(file.File)), file.File));
    }

    /// <summary>Windows has one executable for all verbs, the shim's twin, and the hook.</summary>
    [Fact]
    public void FilesForWindows()
    {
        string folder = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "win-x64");
        Assert.SkipUnless(Directory.Exists(folder), "build/publish could not make artifacts/win-x64 here");

        Assert.Equal(["CrashHandler.StartupHook.dll", "crash-handler.exe", "crashhandler.dll"], Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
    }

    /// <summary>What an editor shows of the API.</summary>
    [Theory]
    [InlineData("net8.0")]
    [InlineData("net10.0")]
    public void Documentation(string framework)
    {
        using NuGetPackage package = NuGetPackage.Open(NuGetPackage.Client);
        XDocument documentation = XDocument.Parse(package.Text($"lib/{framework}/CrashHandler.Client.xml"));
        HashSet<string> documented = [.. documentation.Descendants("member").Where(member => member.Element("summary") is not null).Select(member => member.Attribute("name")!.Value)];

        Assert.All(typeof(CrashReporter).Assembly.GetExportedTypes(), type =>
        {
            Assert.Contains($"T:{type.FullName}", documented);
            Assert.All(type.GetProperties().Where(property => property.DeclaringType == type), property => Assert.Contains($"P:{type.FullName}.{property.Name}", documented));
        });
        Assert.Contains(documented, name => Regex.IsMatch(name, @"^M:CrashHandler\.CrashReporter\.Start\("));
    }
}
