using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>An application that adds the package and makes one call, in every shape it can be published in, and wherever it may run.</summary>
public sealed class ApplicationShapeTests
{
    private const string DotnetDll = "dotnet application.dll";
    private const string Apphost = "framework-dependent";
    private const string SelfContained = "self-contained";
    private const string SingleFile = "single-file";
    private const string SharedSingleFile = "single-file-shared";
    private const string ExtractsLibraries = "single-file-extracts-libraries";
    private const string ExtractsAll = "single-file-extracts-all";
    private const string Trimmed = "trimmed";
    private const string TrimmedSingleFile = "trimmed-single-file";
    private const string NativeAot = "aot";
    private const string Net8 = "net8.0";

    private const UnixFileMode ReadOnlyFolder = UnixFileMode.UserRead | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly string[] s_asInit = ["unshare", "--pid", "--fork", "--mount-proc"];

    private static readonly TimeSpan s_probeLimit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(DotnetDll)]
    [InlineData(Apphost)]
    [InlineData(SelfContained)]
    [InlineData(SingleFile)]
    [InlineData(SharedSingleFile)]
    [InlineData(ExtractsLibraries)]
    [InlineData(ExtractsAll)]
    [InlineData(Trimmed)]
    [InlineData(TrimmedSingleFile)]
    [InlineData(NativeAot)]
    [InlineData(Net8)]
    public void Shape(string shape)
    {
        using Sandbox sandbox = new(Identities.Own);
        new PackagedApplication(sandbox, Find(shape)).Crash();
    }

    [Theory]
    [InlineData(DotnetDll)]
    [InlineData(Apphost)]
    [InlineData(ExtractsAll)]
    [InlineData(NativeAot)]
    public void APathWithSpacesAndLettersOfManyScripts(string shape)
    {
        using Sandbox sandbox = new(Identities.Own);
        new PackagedApplication(sandbox, Find(shape), "Größe %20 'ein' 応用 🐟/my app").Crash();
    }

    /// <summary>Its own folder belongs to somebody else.</summary>
    [Theory]
    [InlineData(Apphost)]
    [InlineData(ExtractsAll)]
    [InlineData(NativeAot)]
    public void AnUnprivilegedUser(string shape)
    {
        using Sandbox sandbox = new(Identities.User);
        new PackagedApplication(sandbox, Find(shape)).Crash();
    }

    [Theory]
    [InlineData(DotnetDll)]
    [InlineData(ExtractsLibraries)]
    [InlineData(TrimmedSingleFile)]
    public void AFolderThatNobodyMayWrite(string shape)
    {
        using Sandbox sandbox = new(Identities.User);
        PackagedApplication application = new(sandbox, Find(shape));
        UnixFileMode before = File.GetUnixFileMode(application.Folder);
        File.SetUnixFileMode(application.Folder, ReadOnlyFolder);
        try
        {
            application.Crash();
        }
        finally
        {
            // Whoever is not root must be able to remove it.
            File.SetUnixFileMode(application.Folder, before);
        }
    }

    /// <summary>As in a container with a read-only root: only the temporary directory can be written.</summary>
    [Theory]
    [InlineData(Apphost)]
    [InlineData(SingleFile)]
    [InlineData(NativeAot)]
    public void AReadOnlyFileSystem(string shape)
    {
        RequireNamespace("unshare", "--mount");
        using Sandbox sandbox = new(Identities.Root);
        PackagedApplication application = new(sandbox, Find(shape));

        application.Crash("unshare", "--mount", "sh", "-c", """
            mount --bind "$1" "$1" && mount --bind "$2" "$2" && mount -o remount,bind,ro "$2" && mount -o remount,bind,ro / || exit
            ! touch "$2/file" /file 2>/dev/null || exit
            shift 2
            exec "$@"
            """, "sh", sandbox.Folder, application.Folder);
    }

    /// <summary>The handler is killed with its namespace the moment the application is gone.</summary>
    [Theory]
    [InlineData(DotnetDll)]
    [InlineData(TrimmedSingleFile)]
    [InlineData(NativeAot)]
    public void Init(string shape)
    {
        RequireNamespace(s_asInit);
        using Sandbox sandbox = new(Identities.Root);

        JsonElement report = new PackagedApplication(sandbox, Find(shape)).Crash(s_asInit);

        Assert.Equal(1, report.GetProperty("pid").GetInt32());
    }

    /// <summary>Of a shell or a tini, which ends when it does, and hands on its status.</summary>
    [Theory]
    [InlineData(Apphost)]
    [InlineData(TrimmedSingleFile)]
    [InlineData(NativeAot)]
    public void ChildOfInit(string shape)
    {
        RequireNamespace(s_asInit);
        using Sandbox sandbox = new(Identities.Root);

        JsonElement report = new PackagedApplication(sandbox, Find(shape)).Crash([.. s_asInit, "sh", "-c", "\"$@\"; exit $?", "sh"]);

        Assert.NotEqual(1, report.GetProperty("pid").GetInt32());
    }

    [Theory]
    [InlineData(Apphost)]
    [InlineData(SingleFile)]
    [InlineData(NativeAot)]
    public void WithoutHome(string shape)
    {
        using Sandbox sandbox = new(Identities.User);
        new PackagedApplication(sandbox, Find(shape)).Crash("env", "-u", "HOME");
    }

    /// <summary>Under a service manager there may be no variable at all but the one that <c>dotnet</c> needs.</summary>
    [Theory]
    [InlineData(Apphost)]
    [InlineData(TrimmedSingleFile)]
    [InlineData(NativeAot)]
    public void WithoutHomeTmpdirAndRuntimeDirectory(string shape)
        => CrashIn("/tmp", shape, "env", "-u", "HOME", "-u", "TMPDIR", "-u", "XDG_RUNTIME_DIR", "-u", "PATH");

    [Theory]
    [InlineData(DotnetDll)]
    [InlineData(SingleFile)]
    [InlineData(NativeAot)]
    public void ATmpdirThatIsNotThere(string shape) => CrashIn("/tmp", shape, "env", "TMPDIR=/nowhere/at/all");

    /// <summary>Whoever publishes has nothing to do for what must be executable; and nothing of the handler's is swallowed by a single file.</summary>
    [Theory]
    [InlineData(Apphost)]
    [InlineData(ExtractsAll)]
    [InlineData(NativeAot)]
    public void TheHandlersFilesAreBesideTheApplication(string shape)
    {
        using Sandbox sandbox = new(Identities.Own);
        PackagedApplication application = new(sandbox, Find(shape));

        foreach (string shipped in Directory.EnumerateFiles(Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "linux-x64")))
        {
            string beside = Path.Combine(application.Folder, Path.GetFileName(shipped));
            Assert.True(File.Exists(beside), beside);
            bool isProgram = Path.GetFileName(shipped).StartsWith("crash-handler", StringComparison.Ordinal);
            Assert.True(!isProgram || (File.GetUnixFileMode(beside) & ReadOnlyFolder) == ReadOnlyFolder, $"{beside} has the mode {File.GetUnixFileMode(beside)}");
        }
    }

    // Reports in a directory that is not the sandbox's.
    private static void CrashIn(string temp, string shape, params string[] prefix)
    {
        using Sandbox sandbox = new(Identities.User);
        PackagedApplication application = new(sandbox, Find(shape)) { Temp = temp, Product = Path.GetFileName(sandbox.Folder) };
        try
        {
            application.Crash(prefix);
            // Its socket, too, is where the sandbox does not clear up: it takes that along when it ends in order.
            foreach (JsonElement handler in sandbox.RunningHandlers(application.Database))
            {
                sandbox.Terminate(handler.GetProperty("handlerPid").GetInt32());
            }
        }
        finally
        {
            if (Directory.Exists(application.Database))
            {
                Directory.Delete(application.Database, recursive: true);
            }
        }
    }

    private static PackagedShape Find(string name) => name == DotnetDll
        ? new PackagedShape(Apphost, HasManagedStacks: true) { IsRunByDotnet = true }
        : new PackagedShape(name, name is Apphost or SelfContained or SharedSingleFile or Trimmed or Net8);

    private static void RequireNamespace(params string[] unshare)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a new namespace needs root");
        ToolResult probe = ToolProcess.Run(unshare[0], s_probeLimit, [.. unshare[1..], "true"]);
        Assert.SkipWhen(probe.ExitCode != 0, $"a new namespace is refused: {probe.Error.Trim()}");
    }
}
