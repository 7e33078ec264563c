using System.Globalization;

namespace CrashHandler.Victims;

/// <summary>A victim that is told line by line what to do; each line is answered by one.</summary>
internal static class Commands
{
    private static volatile bool s_isCounting;

    /// <summary>Obeys until the victim is to die.</summary>
    /// <returns>The kind of death.</returns>
    public static string Run()
    {
        Console.WriteLine("ready");
        Thread? counter = null;
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            switch (words)
            {
                case ["set", string key, string value]:
                    CrashReporter.AddExtraParameter(key, value);
                    Console.WriteLine("set");
                    break;
                case ["uploads"]:
                    Console.WriteLine($"uploads {CrashReporter.GetUploadToServer()}");
                    break;
                case ["list"]:
                    Console.WriteLine($"listed {CrashReporter.GetUploadedReports().Count}");
                    break;
                case ["uploads-aside"]:
                    new Thread(() => CrashReporter.GetUploadToServer()) { IsBackground = true }.Start();
                    Console.WriteLine("asking");
                    break;
                case ["count"]:
                    s_isCounting = true;
                    counter = new Thread(CountAndDie);
                    counter.Start();
                    Console.WriteLine("counting");
                    break;
                case ["stop"]:
                    s_isCounting = false;
                    counter!.Join();
                    break;
                case ["exit", string code]:
                    Environment.Exit(int.Parse(code, CultureInfo.InvariantCulture));
                    break;
                case ["die", string kind]:
                    return kind;
                default:
                    throw new ArgumentException($"unknown command {line}");
            }
        }

        return "none";
    }

    /// <summary>Sets a parameter again and again, and dies on the instruction after one of them.</summary>
    private static void CountAndDie()
    {
        for (int count = 1; ; count++)
        {
            string text = count.ToString(CultureInfo.InvariantCulture);
            if (!s_isCounting)
            {
                Console.WriteLine(text);
                CrashReporter.AddExtraParameter("count", text);
                NativeVictim.Fault(NativeVictim.UnmappedAddress);
            }

            CrashReporter.AddExtraParameter("count", text);
        }
    }
}
