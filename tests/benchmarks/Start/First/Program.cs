using CrashHandler;

// What README.md shows, as the first thing, and nothing else. Who inherited a handler attaches to it, and needs no URL.
bool isChild = Environment.GetEnvironmentVariable("CRASH_HANDLER_PIPE") is not null;
StartResult started = CrashReporter.Start(new CrashReporterOptions
{
    ProductName = "First",
    CompanyName = "Benchmark",
    SubmitUrl = isChild ? null : "https://your-domain.com/url-to-submit",
});
return started.IsRunning ? 0 : 1;
