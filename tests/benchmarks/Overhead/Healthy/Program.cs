using System.Globalization;
using System.Runtime.CompilerServices;
using CrashHandler;

// A healthy program, with or without the client: two loops that meet what the client changes, signals and the collector's stops. It writes the processor time of each into a file.
const int Caught = 100_000;
// Long enough that the start of the process, and the client's in it, is a small part of the whole.
const int Allocators = 2, Lists = 900, Nodes = 50_000;

if (args is not [string mode, string result])
{
    Console.Error.WriteLine("usage: Healthy with|without RESULT");
    return 2;
}

if (mode == "with")
{
    StartResult started = CrashReporter.Start(new CrashReporterOptions { ProductName = "Healthy", CompanyName = "Benchmark", SubmitUrl = "https://your-domain.com/url-to-submit" });
    if (!started.IsRunning || started.Degraded.Count > 0)
    {
        Console.Error.WriteLine($"Healthy: Start is degraded: {string.Join("; ", started.Degraded)}");
        return 1;
    }
}

double caught = Time(CatchAll), collected = Time(AllocateAll);
File.WriteAllText(result, string.Create(CultureInfo.InvariantCulture, $"{caught} {collected}"));
return 0;

// User and system time of the whole process meanwhile, the runtime's threads included (getrusage), in milliseconds.
static double Time(Action loop)
{
    TimeSpan before = Environment.CpuUsage.TotalTime;
    loop();
    return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
}

static void CatchAll()
{
    int sum = 0;
    for (int i = 0; i < Caught; i++)
    {
        try
        {
            sum += Length(null);
        }
        catch (NullReferenceException)
        {
            sum++;
        }
    }

    if (sum != Caught)
    {
        throw new InvalidOperationException($"caught {sum}");
    }
}

// The fault must be the processor's, not a check that the compiler put in its place.
[MethodImpl(MethodImplOptions.NoInlining)]
static int Length(string? text) => text!.Length;

// Lists that live long enough to be marked and moved: each collection stops both threads.
static void AllocateAll()
{
    Thread[] threads = [.. Enumerable.Range(0, Allocators).Select(_ => new Thread(Allocate))];
    Array.ForEach(threads, thread => thread.Start());
    Array.ForEach(threads, thread => thread.Join());
}

static void Allocate()
{
    for (int list = 0; list < Lists; list++)
    {
        Node? last = null;
        for (int i = 0; i < Nodes; i++)
        {
            last = new Node(last, new byte[i % 64]);
        }

        GC.KeepAlive(last);
    }
}

internal sealed record Node(Node? Next, byte[] Content);
