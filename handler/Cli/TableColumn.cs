namespace CrashHandler.Handler.Cli;

/// <summary>A column of a <see cref="TextTable"/>.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="IsElastic">Whether its texts may be shortened where the terminal is too narrow. Never what somebody has to copy, such as an id.</param>
internal readonly record struct TableColumn(string Heading, bool IsElastic = false)
{
    public static implicit operator TableColumn(string heading) => new(heading);

    /// <summary>One that may be shortened.</summary>
    public static TableColumn Elastic(string heading) => new(heading, IsElastic: true);
}
