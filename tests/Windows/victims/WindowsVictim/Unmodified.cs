using System.Globalization;

namespace CrashHandler.Victims.Windows;

/// <summary>A program that calls nothing of the crash reporter's.</summary>
internal static class Unmodified
{
    /// <summary>Says who it is and what it was told, and dies as its first argument says; one that is a hexadecimal number is its exit code.</summary>
    public static int Run(string[] arguments)
    {
        Console.WriteLine($"unmodified {Environment.ProcessId} under {Environment.GetEnvironmentVariable("CRASH_HANDLER_EXEC_PID")}");
        foreach (string argument in arguments)
        {
            Console.WriteLine($"argument <{argument}>");
        }

        if (arguments.Contains("--hold"))
        {
            Console.WriteLine("holding");
            Console.Out.Flush();
            Console.WriteLine($"read <{Console.In.ReadLine()}>");
        }

        Console.Out.Flush();
        if (uint.TryParse(arguments[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint exitCode))
        {
            return unchecked((int)exitCode);
        }

        Deaths.Die(arguments[0]);
        return 0;
    }
}
