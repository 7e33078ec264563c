using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>Symbols: of the very build, with the sources' names as they are in the repository, and where a remote is, with the way to them.</summary>
public sealed class SymbolTests
{
    private const string Root = "/_/";

    // Of Windows, and no assembly.
    private const string NativeLibrary = "crashhandler.dll";

    // Kinds of custom debug information of portable PDBs.
    private static readonly Guid s_sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private static readonly Guid s_embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private static string Shapes => Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "package-shapes");

    /// <summary>Every assembly of a package has its symbols at the same place in the package of symbols, and those are all.</summary>
    [Theory]
    [InlineData(NuGetPackage.Client)]
    [InlineData(NuGetPackage.Handler)]
    public void EveryAssemblyHasItsOwn(string id)
    {
        using NuGetPackage package = NuGetPackage.Open(id);
        using NuGetPackage symbols = NuGetPackage.Open(id, "snupkg");
        List<string> assemblies = [.. package.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal) && Path.GetFileName(file) != NativeLibrary)];

        Assert.NotEmpty(assemblies);
        Assert.Equal(assemblies.Select(file => Path.ChangeExtension(file, "pdb")), symbols.Files);
        Assert.Equal("SymbolsPackage", symbols.Metadata.Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name")!.Value);
        Assert.All(assemblies, file => CheckPair(package.Bytes(file), symbols.Bytes(Path.ChangeExtension(file, "pdb"))));
    }

    /// <summary>In two directories, two builds, one assembly.</summary>
    [Theory]
    [InlineData("CrashHandler.Client")]
    [InlineData("CrashHandler.Protocol")]
    public void TheSameBytesFromAnotherDirectory(string name)
    {
        using NuGetPackage package = NuGetPackage.Open(NuGetPackage.Client);
        using NuGetPackage symbols = NuGetPackage.Open(NuGetPackage.Client, "snupkg");

        Assert.True(package.Bytes($"lib/net10.0/{name}.dll").AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Shapes, "client-elsewhere", $"{name}.dll"))), "the assemblies differ");
        Assert.True(symbols.Bytes($"lib/net10.0/{name}.pdb").AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Shapes, "client-elsewhere", $"{name}.pdb"))), "the symbols differ");
    }

    /// <summary>A debugger that has only the symbols finds the sources.</summary>
    [Fact]
    public void SourcesAreFoundWhereARemoteIs()
    {
        SourceOfBuild source = SourceOfBuild.Read();
        Assert.SkipWhen(source.Commit.Length == 0, "these sources are in no git repository");
        byte[] assembly = File.ReadAllBytes(Path.Combine(Shapes, "client-with-remote", "CrashHandler.Client.dll"));
        byte[] symbols = File.ReadAllBytes(Path.Combine(Shapes, "client-with-remote", "CrashHandler.Client.pdb"));

        CheckPair(assembly, symbols);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbImage(ImmutableCollectionsOf(symbols));
        JsonElement documents = JsonElement.Parse(SourceLink(provider.GetMetadataReader())!).GetProperty("documents");
        Assert.Equal($"https://raw.githubusercontent.com/example/crash-handler/{source.Commit}/*", documents.GetProperty($"{Root}*").GetString());
    }

    /// <summary>What was stripped off the native programs: artifacts/symbols, by build id.</summary>
    [Fact]
    public void NativeProgramsHaveTheirs()
    {
        string artifacts = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts");
        List<string> stripped = [.. Directory.EnumerateFiles(Path.Combine(artifacts, "symbols"), "*.dbg")];

        Assert.NotEmpty(stripped);
        Assert.All(stripped, symbols => Assert.Equal(BuildId(Path.Combine(artifacts, "linux-x64", Path.GetFileNameWithoutExtension(symbols))), BuildId(symbols)));
        Assert.Contains(".debug_info", Readelf("--sections", Path.Combine(artifacts, "linux-x64", "libcrashhandler.so")), StringComparison.Ordinal);
    }

    private static void CheckPair(byte[] assembly, byte[] symbols)
    {
        using PEReader portableExecutable = new(ImmutableCollectionsOf(assembly));
        ImmutableArray<DebugDirectoryEntry> entries = portableExecutable.ReadDebugDirectory();
        DebugDirectoryEntry codeView = entries.Single(entry => entry.Type == DebugDirectoryEntryType.CodeView && entry.IsPortableCodeView);
        CodeViewDebugDirectoryData data = portableExecutable.ReadCodeViewDebugDirectoryData(codeView);
        // Compiled ahead of time, it has no such entry of its own, and its symbols are those of what it was compiled from.
        if (portableExecutable.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size == 0)
        {
            Assert.Contains(entries, entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        }

        Assert.StartsWith(Root, data.Path, StringComparison.Ordinal);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbImage(ImmutableCollectionsOf(symbols));
        MetadataReader reader = provider.GetMetadataReader();
        Assert.Equal(new BlobContentId(data.Guid, codeView.Stamp), new BlobContentId(reader.DebugMetadataHeader!.Id));
        Assert.All(reader.Documents, handle => Assert.StartsWith(Root, reader.GetString(reader.GetDocument(handle).Name), StringComparison.Ordinal));
        CheckSources(reader);
    }

    // Generated sources are in no repository: they are inside.
    private static void CheckSources(MetadataReader reader)
    {
        Assert.All(reader.Documents, handle =>
        {
            string name = reader.GetString(reader.GetDocument(handle).Name);
            bool isEmbedded = reader.GetCustomDebugInformation(handle).Any(info => reader.GetGuid(reader.GetCustomDebugInformation(info).Kind) == s_embeddedSource);
            Assert.True(isEmbedded || File.Exists(Path.Combine(TestPrograms.RepositoryRoot(), name[Root.Length..])), name);
        });
        string? sourceLink = SourceLink(reader);
        SourceOfBuild source = SourceOfBuild.Read();
        if (sourceLink is not null && source.Repository.Length > 0)
        {
            Assert.Contains(source.Commit, sourceLink, StringComparison.Ordinal);
        }
    }

    private static string? SourceLink(MetadataReader reader)
        => reader.GetCustomDebugInformation(EntityHandle.ModuleDefinition).Select(reader.GetCustomDebugInformation)
            .Where(info => reader.GetGuid(info.Kind) == s_sourceLink).Select(info => Encoding.UTF8.GetString(reader.GetBlobBytes(info.Value))).SingleOrDefault();

    private static string BuildId(string path)
        => Readelf("--notes", path).Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("Build ID: ", StringComparison.Ordinal));

    private static string Readelf(string option, string path)
    {
        ToolResult result = ToolProcess.Run("readelf", s_limit, option, path);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }

    private static ImmutableArray<byte> ImmutableCollectionsOf(byte[] bytes) => [.. bytes];
}
