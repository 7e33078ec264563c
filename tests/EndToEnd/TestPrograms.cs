using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The shipped artifacts and the victim, copied once per test run to where every user can read and run them.</summary>
internal sealed class TestPrograms
{
    private const string ArtifactsVariable = "CRASH_HANDLER_ARTIFACTS";
    private const UnixFileMode ForEveryone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly Lazy<TestPrograms> s_shared = new(() => new TestPrograms());

    private TestPrograms()
    {
        string artifacts = Environment.GetEnvironmentVariable(ArtifactsVariable) is { Length: > 0 } given ? given
            : Path.Combine(RepositoryRoot(), "artifacts", "linux-x64");
        RequireFile(Path.Combine(artifacts, "crash-handler"), $"run build/publish, or set {ArtifactsVariable}");
        RequireFile(Path.Combine(artifacts, "libcrashhandler.so"), $"run build/publish, or set {ArtifactsVariable}");

        // The victim is built in the configuration of these tests: .../bin/CONFIGURATION/FRAMEWORK.
        DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string victim = Path.Combine(RepositoryRoot(), "tests", "victims", "Victim", "bin", own.Parent!.Name, own.Name);
        RequireFile(Path.Combine(victim, "victim"), "run dotnet build tests/victims/Victim");

        string web = victim.Replace(Path.Combine("victims", "Victim"), Path.Combine("victims", "WebVictim"), StringComparison.Ordinal);
        RequireFile(Path.Combine(web, "webvictim"), "run dotnet build tests/victims/WebVictim");

        Folder = NewFolder("crash-handler-programs-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);
        Copy(artifacts, Path.Combine(Folder, "artifacts"));
        Copy(victim, Path.Combine(Folder, "victim"));
        Copy(web, Path.Combine(Folder, "web"));
    }

    public static TestPrograms Shared => s_shared.Value;

    /// <summary>Where everything is.</summary>
    public string Folder { get; }

    public string Handler => Path.Combine(Folder, "artifacts", "crash-handler");

    public string Shim => Path.Combine(Folder, "artifacts", "libcrashhandler.so");

    public string Hook => Path.Combine(Folder, "artifacts", "CrashHandler.StartupHook.dll");

    public string WebVictim => Path.Combine(Folder, "web", "webvictim");

    public string Victim => Path.Combine(Folder, "victim", "victim");

    /// <summary>Writes a page for the maintainer into artifacts/; who may not write there (build/test-unprivileged) has it in the test's output.</summary>
    public static void WritePage(string name, string page)
    {
        try
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(RepositoryRoot(), "artifacts")).FullName, name), page);
        }
        catch (UnauthorizedAccessException) when (!Environment.IsPrivilegedProcess)
        {
            TestContext.Current.AddWarning($"artifacts/{name} is not written: the folder is another user's");
        }
    }

    /// <summary>The folder with the solution.</summary>
    public static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CrashHandler.sln")))
        {
            folder = folder.Parent;
        }

        Assert.True(folder is not null, $"no CrashHandler.sln above {AppContext.BaseDirectory}");
        return folder.FullName;
    }

    /// <summary>A new folder that everybody may enter.</summary>
    public static string NewFolder(string prefix)
    {
        string folder = Directory.CreateTempSubdirectory(prefix).FullName;
        File.SetUnixFileMode(folder, ForEveryone);
        return folder;
    }

    private static void RequireFile(string path, string advice)
    {
        if (!File.Exists(path))
        {
            Assert.Fail($"{path} is missing; {advice}");
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, ForEveryone);
        foreach (string file in Directory.EnumerateFiles(from).Where(file => !file.EndsWith(".dbg", StringComparison.Ordinal)))
        {
            string copy = Path.Combine(to, Path.GetFileName(file));
            ProgramFile.Copy(file, copy);
            File.SetUnixFileMode(copy, ForEveryone);
        }

        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
