using System.Reflection;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>A case's own directory, crash server and applications, as in Electron's suites: Umbrella Corporation's Zombies.</summary>
internal sealed partial class World : IDisposable
{
    /// <summary>The process that called Start first.</summary>
    public const string M = nameof(M);

    /// <summary>Its child that calls Start.</summary>
    public const string R = nameof(R);

    /// <summary>Such a child under restrictions.</summary>
    public const string S = nameof(S);

    /// <summary>A child of R's with CrashesDirectory.</summary>
    public const string N = nameof(N);

    private const string Product = "Zombies";
    private const string Company = "Umbrella Corporation";

    // All projects here have one version.
    private static readonly string s_version = typeof(World).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly Lazy<EndToEnd.Collector> _collector;

    public World() => _collector = new Lazy<EndToEnd.Collector>(() => Sandbox.StartCollector());

    public Sandbox Sandbox { get; } = new(Identities.User);

    /// <summary>The crash server.</summary>
    public EndToEnd.Collector Collector => _collector.Value;

    /// <summary>Where reports are kept when nobody says where: in the directory for temporary files.</summary>
    public string DefaultDirectory => Sandbox.PathOf($"{Product} Crashes");

    /// <summary>Options of a main process that uploads.</summary>
    public CrashReporterOptions Main(params (string Key, string Value)[] extra) => new()
    {
        ProductName = Product,
        CompanyName = Company,
        SubmitUrl = Collector.Url,
        CrashesDirectory = Sandbox.Database,
        Extra = extra.ToDictionary(),
    };

    /// <summary>Options of a main process that keeps its reports.</summary>
    public CrashReporterOptions Keeping(params (string Key, string Value)[] extra) => new()
    {
        ProductName = Product,
        CompanyName = Company,
        UploadToServer = false,
        CrashesDirectory = Sandbox.Database,
        Extra = extra.ToDictionary(),
    };

    /// <summary>Options of a child that takes its handler's directory and URL.</summary>
    public static CrashReporterOptions Renderer(params (string Key, string Value)[] extra) => new()
    {
        ProductName = Product,
        CompanyName = Company,
        ProcessType = "renderer",
        Extra = extra.ToDictionary(),
    };

    /// <summary>Options of a child that is told where reports are kept and sent.</summary>
    public CrashReporterOptions Node(params (string Key, string Value)[] extra)
    {
        CrashReporterOptions options = Main(extra);
        options.ProcessType = "node";
        return options;
    }

    /// <summary>A process that did not call Start.</summary>
    public Application Launch() => new(Sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler));

    /// <summary>A process that called Start.</summary>
    public Application Launch(CrashReporterOptions options)
    {
        Application application = Launch();
        application.Start(options);
        return application;
    }

    /// <summary>The process of this name answers from now on: a child, or a child's child, that called Start. M itself already does.</summary>
    public static void Become(Application application, string who, params (string Key, string Value)[] extra)
    {
        if (who == M)
        {
            return;
        }

        application.Child().Start(who == N ? Renderer() : Renderer(extra));
        if (who == N)
        {
            string directory = application.Ask("directory").GetString()!;
            application.Child().Start(new CrashReporterOptions
            {
                ProductName = Product,
                CompanyName = Company,
                ProcessType = "node",
                CrashesDirectory = directory,
                Extra = extra.ToDictionary(),
            });
        }

        if (who == S)
        {
            application.Restrict();
        }
    }

    /// <summary>Waits for the one report; sees that it is whole, and that it is told of in Electron's time.</summary>
    /// <param name="application">Whoever is asked for the uploaded reports.</param>
    /// <param name="type">The process's type.</param>
    /// <param name="product">Its product.</param>
    /// <returns>Its fields.</returns>
    public Dictionary<string, string> Arrived(Application application, string type, string product = Product)
    {
        string report = Assert.Single(Collector.WaitFor(1));
        string id = $"CrashID={Path.GetFileName(report)}";
        CrashReport[] uploaded = Uploaded(application);
        Assert.Equal(id, Assert.Single(uploaded).Id);
        Assert.Equal(id, application.Ask("last").GetProperty("Id").GetString());
        return Checked(report, type, product);
    }

    /// <summary>Sees that a report that arrived is whole.</summary>
    public static Dictionary<string, string> Checked(string report, string type, string product = Product)
    {
        Dictionary<string, string> fields = EndToEnd.Collector.Fields(report);
        Assert.Equal((".NET", Environment.Version.ToString(), type, "linux"), (fields["prod"], fields["ver"], fields["process_type"], fields["platform"]));
        Assert.Equal((product, Company, s_version), (fields["_productName"], fields["_companyName"], fields["_version"]));
        Assert.Equal("MDMP"u8.ToArray(), File.ReadAllBytes(report + ".dmp")[..4]);
        return fields;
    }

    /// <summary>Names of the dumps that are kept and done with, in a directory; each must be a UUID's.</summary>
    public static string[] Kept(string directory)
    {
        string[] dumps = [.. Directory.EnumerateFiles(Path.Combine(directory, "completed"), "*.dmp").Select(dump => Path.GetFileName(dump))];
        Assert.All(dumps, dump => Assert.Matches(DumpName(), dump));
        return dumps;
    }

    public void Dispose() => Sandbox.Dispose();

    // As Electron's suite does, which gives it a second, and so does this: the time between two looks is the case's own.
    private static CrashReport[] Uploaded(Application application)
    {
        for (int look = 1; ; look++)
        {
            CrashReport[] uploaded = application.Uploaded();
            if (uploaded.Length > 0 || look == ContractLimits.Looks)
            {
                return uploaded;
            }

            Thread.Sleep(ContractLimits.BetweenLooks);
        }
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[.]dmp$")]
    private static partial Regex DumpName();
}
