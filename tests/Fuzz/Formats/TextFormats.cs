using System.IO.Compression;
using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Upload;
using CrashHandler.Launch;
using CrashHandler.Protocol;
using CrashHandler.Tests.Cli;
using ReadyLine = CrashHandler.Launch.ReadyLine;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Texts of the kernel, of servers, of those who send reports, of handlers and of operators.</summary>
internal static class TextFormats
{
    private const string Boundary = "B";
    private const string Form = "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n"
        + "Content-Type: application/octet-stream\r\n\r\nMDMPx\r\n--B\r\nContent-Disposition: form-data; name=\"a%22\"; filename=\"a.log\"\r\n\r\nx\r\n--B--\r\n";

    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static IEnumerable<FuzzedFormat> All =>
    [
        new("proc-stat", bytes => ProcStat.Parse(bytes), typeof(InvalidDataException)) { MakeSeeds = () => [File.ReadAllBytes("/proc/self/stat")], IsText = true },
        new("proc-status", ReadStatus) { MakeSeeds = () => [File.ReadAllBytes("/proc/self/status"), [.. "Tgid:\t7\nNSpid:\t7\t1\nTracerPid:\t0\nPPid:\t1\nUid:\t1000\t0\t0\t0\nGid:\t5\t6\t7\t8\n"u8]], IsText = true },
        new("auxv", bytes => _ = (AuxiliaryVector.Find(bytes, AuxiliaryVector.Entry), AuxiliaryVector.Find(bytes, AuxiliaryVector.Random))) { MakeSeeds = () => [File.ReadAllBytes("/proc/self/auxv")] },
        new("request-head", bytes => RequestHead.Parse(bytes, takesGzip: true), typeof(RefusedRequestException))
        {
            MakeSeeds = () => [[.. "POST /submit HTTP/1.1\r\nHost: a\r\nContent-Length: 321\r\nContent-Encoding: gzip\r\nContent-Type: multipart/form-data; boundary=\"B\"\r\n\r\n"u8]], IsText = true,
        },
        new("form", bytes => FormBody.Parse(bytes, Boundary), typeof(RefusedRequestException)) { MakeSeeds = () => [Encoding.UTF8.GetBytes(Form)], IsText = true },
        new("gzip-form", bytes => FormBody.Parse(CrashCollector.Decompressed(bytes), Boundary), typeof(RefusedRequestException)) { MakeSeeds = () => [Gzip(Encoding.UTF8.GetBytes(Form))], MostBytes = 4L * CollectorLimits.MaxBodyBytes },
        new("answer", ReadAnswer) { MakeSeeds = () => Texts("CrashID=bp-1\n", """{"response":"ok","_rxid":"1-2"}""", """{ "id": 12 }""", """{"crashId":"x"}"""), IsText = true },
        new("status", bytes => ShowStatus(StatusJson.Decode(bytes)), typeof(DaemonException)) { MakeSeeds = () => [StatusJson.Encode(Hostile.Fill<StatusDocument>()), StatusJson.Encode(Hostile.Fill<StatusDocument>() with { Clients = [], Sending = null })], IsText = true },
        new("ready-line", bytes => ReadyLineOf(bytes), typeof(HandlerUnavailableException)) { MakeSeeds = () => Texts("ready 42 /run/a.sock\n", "held 7 /run/b.sock\n"), IsText = true },
        new("log-line", ReadLogLine) { MakeSeeds = () => Texts("2026-01-02 03:04:05.678 +00:00 INF 42 Report 1 of process 7", "   at P.M()"), IsText = true },
        new("log-file", ReadLog) { MakeSeeds = () => Texts("2026-01-02 03:04:05.678 +00:00 INF 42 one\n   at P.M()\n2026-01-02 03:04:05.679 +00:00 ERR 42 two\n"), IsText = true, Inputs = FormatLimits.InputsOnDisk },
        new("upload-headers", bytes => _ = UploadHeaders.Format(UploadHeaders.Parse(Text(bytes)))) { MakeSeeds = () => Texts("X-Key: 1\nAuthorization: Bearer a b\nHost: no"), IsText = true },
        new("url", ReadUrl) { MakeSeeds = () => Texts("https://user:word@crashes.example:8443/a/0123456789abcdef0123456789abcdef?key=1&x#f"), IsText = true, MostBytes = 4 * FormatLimits.SmallBytes },
        new("played-answers", bytes => PlayedAnswer.Parse(Text(bytes)), typeof(FormatException)) { MakeSeeds = () => Texts("accept,slow:3,rate-limited-date:7,cut"), IsText = true, Inputs = FormatLimits.FewInputs },
        new("time", bytes => TimeArgument.Parse(Text(bytes), s_time)) { MakeSeeds = () => Texts("2026-01-02T03:04:05Z", "2026-01-02", "90d", "15m", "2h"), IsText = true },
    ];

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);

    private static ReadyLine ReadyLineOf(byte[] bytes) => ReadyLine.Parse(Text(bytes));

    private static void ReadStatus(byte[] bytes)
        => _ = (ProcStatus.NamespacePids(bytes), ProcStatus.TracerPid(bytes), ProcStatus.ParentPid(bytes), ProcStatus.UserId(bytes), ProcStatus.LeastUserId(bytes), ProcStatus.LeastGroupId(bytes), ProcStatus.ThreadGroup(bytes));

    private static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private static void ReadAnswer(byte[] bytes)
    {
        using ByteArrayContent content = new(bytes);
        string answer = AnswerBody.ReadAsync(content, CancellationToken.None).GetAwaiter().GetResult();
        _ = UploadPolicy.ParseId(answer);
    }

    private static void ShowStatus(StatusDocument status)
    {
        // As `status --json` does; a handler of another release, or another program at that address, may say anything.
        _ = StatusJson.Decode(StatusJson.Encode(status));
    }

    private static void ReadLogLine(byte[] bytes)
    {
        LogLine line = LogLine.Parse(Text(bytes));
        using MemoryStream json = new();
        using System.Text.Json.Utf8JsonWriter writer = new(json);
        writer.WriteStartObject();
        line.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static void ReadLog(byte[] bytes)
    {
        string directory = Directory.CreateTempSubdirectory("crash-handler-fuzz-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(directory, HandlerLog.FileName), bytes);
            using LogTail tail = new(directory);
            int lines = tail.Next().Count;
            if (lines != bytes.Count(value => value == '\n') || tail.Next().Count != 0)
            {
                throw new InvalidOperationException($"{lines} lines");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void ReadUrl(byte[] bytes)
    {
        string text = Text(bytes);
        _ = (UrlRedaction.Redact(text), ReportJson.ShownUrl(text));
        if (Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out Uri? url))
        {
            _ = UrlRedaction.Redact(url);
        }
    }
}
