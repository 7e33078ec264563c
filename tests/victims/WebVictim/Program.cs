// A web server that knows nothing of crash reporting: webvictim --urls URL. GET / takes 10 ms, GET /throw throws, GET /crash writes to where nothing is.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
WebApplication app = builder.Build();
app.MapGet("/", async () =>
{
    await Task.Delay(TimeSpan.FromMilliseconds(10));
    return "fine";
});
app.MapGet("/throw", string () => throw new InvalidOperationException("of a request"));
app.MapGet("/crash", () =>
{
    unsafe
    {
        *(int*)0x4141_4141_0000 = 1;
    }
});
await app.StartAsync();
Console.WriteLine(app.Urls.Single());
await app.WaitForShutdownAsync();
