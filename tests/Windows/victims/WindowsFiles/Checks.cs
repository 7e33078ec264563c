namespace CrashHandler.Victims.Windows;

/// <summary>A line for each check on standard output, <c>ok</c> or <c>FAIL</c>, and how many failed.</summary>
internal sealed class Checks
{
    /// <summary>How many failed.</summary>
    public int Failed { get; private set; }

    /// <summary>What is must be what was wanted.</summary>
    public void Equal<T>(T wanted, T found, string what)
    {
        bool isRight = EqualityComparer<T>.Default.Equals(wanted, found);
        Failed += isRight ? 0 : 1;
        Console.WriteLine(isRight ? $"ok {what}" : $"FAIL {what}: {found}, not {wanted}");
    }

    /// <summary>It must be so.</summary>
    public void True(bool found, string what) => Equal(true, found, what);
}
