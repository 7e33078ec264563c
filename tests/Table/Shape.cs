using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Table;

/// <summary>A way to publish the victim: what build/shapes makes.</summary>
internal sealed class Shape
{
    private const string Program = "deathvictim";
    private const string Native = "native";
    private const string Aot = "-aot";

    // The forms that build/shapes makes, and how the table heads their columns.
    private static readonly (string Name, string Label)[] s_forms = [("-shared", "fd"), ("-self-contained", "sc"), ("-single-file", "sf"), (Aot, "aot")];
    private static readonly string[] s_versions = ["8", "9", "10"];

    private Shape(string name, string label)
    {
        Name = name;
        Label = label;
        string folder = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "shapes", name);
        string absent = Path.Combine(folder, "absent");
        Victim = Path.Combine(folder, Program);
        WhyAbsent = File.Exists(absent) ? File.ReadAllText(absent).Trim()
            : File.Exists(Victim) ? null : throw new FileNotFoundException($"{Victim} is missing; run build/shapes", Victim);
    }

    /// <summary>Such as <c>net8.0-single-file</c>.</summary>
    public string Name { get; }

    /// <summary>Head of its column, such as <c>8 sf</c>.</summary>
    public string Label { get; }

    /// <summary>Path of the victim.</summary>
    public string Victim { get; }

    /// <summary>Why this shape cannot be had here; null: it can.</summary>
    public string? WhyAbsent { get; }

    public bool IsNative => Name == Native;

    public bool IsNativeAot => Name.EndsWith(Aot, StringComparison.Ordinal);

    public static IEnumerable<Shape> All()
        => s_versions.SelectMany(version => s_forms.Select(form => new Shape($"net{version}.0{form.Name}", $"{version} {form.Label}"))).Append(new Shape(Native, Native));
}
