using CrashHandler;

// application [PRODUCT]: says how Start went, and dies of an exception that nobody catches.
StartResult result = CrashReporter.Start(new CrashReporterOptions
{
    CompanyName = "YourCompany",
    ProductName = args.Length > 0 ? args[0] : null,
    UploadToServer = false,
});
Console.WriteLine($"pid {Environment.ProcessId}, running: {result.IsRunning}, degraded: '{string.Join("; ", result.Degraded)}'");
Config.Load("x");

internal static class Config
{
    public static void Load(string port) => throw new InvalidOperationException($"no such port: {port}");
}
