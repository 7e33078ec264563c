using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Table;

/// <summary>A way to publish the victim: what build/shapes makes.</summary>
internal sealed class Shape
{
    private const string Program = "deathvictim";
    private static readonly string[] s_forms = ["shared", "self-contained", "single-file", "aot"];
    private static readonly string[] s_frameworks = ["net8.0", "net9.0", "net10.0"];

    private Shape(string name)
    {
        Name = name;
        string folder = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "shapes", name);
        string absent = Path.Combine(folder, "absent");
        Victim = Path.Combine(folder, Program);
        WhyAbsent = File.Exists(absent) ? File.ReadAllText(absent).Trim()
            : File.Exists(Victim) ? null : throw new FileNotFoundException($"{Victim} is missing; run build/shapes", Victim);
    }

    /// <summary>Such as <c>net8.0-single-file</c>.</summary>
    public string Name { get; }

    /// <summary>Path of the victim.</summary>
    public string Victim { get; }

    /// <summary>Why this shape cannot be had here; null: it can.</summary>
    public string? WhyAbsent { get; }

    public bool IsNative => Name == "native";

    public bool IsNativeAot => Name.EndsWith("-aot", StringComparison.Ordinal);

    public static IEnumerable<Shape> All() => s_frameworks.SelectMany(framework => s_forms.Select(form => $"{framework}-{form}")).Append("native").Select(name => new Shape(name));
}
