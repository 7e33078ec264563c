namespace CrashHandler.Tests.Table;

/// <summary>One cell: a kind of death, a way in, and a shape.</summary>
internal sealed record Cell(Kind Kind, Way Way, Shape Shape)
{
    /// <summary>NullReferenceExceptions that are caught.</summary>
    public int Nulls { get; init; } = TableLimits.Nulls;

    /// <summary>DivideByZeroExceptions that are caught.</summary>
    public int Divisions { get; init; } = TableLimits.Divisions;

    /// <summary>Whether the victim dies: NativeAOT handles no SIGABRT, so there one is enough.</summary>
    public bool IsDeath => Kind.IsDeath || (Shape.IsNativeAot && Kind.IfNotSurvived is not null);

    /// <summary>Why it does not apply; null: it does.</summary>
    public string? WhyNot =>
        Shape.WhyAbsent is { } absent ? absent
        : Shape.IsNative && !Kind.IsNative ? "a program without .NET has no such death"
        : Shape.IsNative && Way != Way.Exec ? "a program without .NET calls no Start, and has no diagnostics port"
        : Shape.IsNativeAot && Way == Way.Attach ? "nothing can be loaded into a NativeAOT process: attach says so"
        : null;
}
