using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class MultipartFormDataTests
{
    private static readonly Dictionary<string, string> s_none = [];

    [Fact]
    public async Task TheBodyIsThisByteForByte()
    {
        Dictionary<string, string> fields = new() { ["ver"] = "10.0", ["_version"] = "1.2", ["prod"] = ".NET", ["Z"] = "" };

        MultipartFormData form = Form(fields, "B", Dump("MDMP\0\r\n\xff"u8), new FormFile("attachment_a", "a.log", 2, () => new MemoryStream("hi"u8.ToArray())));

        Assert.Equal("multipart/form-data; boundary=B", Assert.Single(form.Headers.NonValidated["Content-Type"]));
        byte[] expected =
        [
            .. "--B\r\nContent-Disposition: form-data; name=\"Z\"\r\n\r\n\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"_version\"\r\n\r\n1.2\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"ver\"\r\n\r\n10.0\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"id.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\n"u8,
            .. "MDMP\0\r\n\xff"u8,
            .. "\r\n--B\r\nContent-Disposition: form-data; name=\"attachment_a\"; filename=\"a.log\"\r\nContent-Type: application/octet-stream\r\n\r\nhi"u8,
            .. "\r\n--B--\r\n"u8,
        ];
        Assert.Equal(Encoding.Latin1.GetString(expected), Encoding.Latin1.GetString(await BytesOf(form)));
        Assert.Equal(expected.Length, form.Headers.ContentLength);
    }

    [Theory]
    [InlineData("a\rb", "a%0db")]
    [InlineData("a\nb", "a%0ab")]
    [InlineData("a\"b", "a%22b")]
    [InlineData("100%", "100%25")]
    [InlineData("%22\"%0d", "%2522%22%250d")]
    [InlineData("größe 名 🎉", "größe 名 🎉")]
    [InlineData("a;b=c\\'", "a;b=c\\'")]
    public async Task OnlyWhatWouldEndANameIsEscaped(string key, string escaped)
    {
        MultipartFormData form = Form(new Dictionary<string, string> { [key] = "ü\r\n\"%" }, "B", Dump("M"u8));

        Assert.StartsWith($"--B\r\nContent-Disposition: form-data; name=\"{escaped}\"\r\n\r\nü\r\n\"%\r\n--B\r\n", Encoding.UTF8.GetString(await BytesOf(form)));
    }

    [Theory]
    [InlineData("upload_file_minidump")]
    [InlineData("uuid")]
    [InlineData("")]
    public async Task ANameThatIsTheServersIsLeftOut(string key)
        => Assert.Equal(
            await BytesOf(Form(s_none, "B", Dump("M"u8))),
            await BytesOf(Form(new Dictionary<string, string> { [key] = "forged" }, "B", Dump("M"u8))));

    [Fact]
    public void EveryBoundaryIsNew()
    {
        string[] types = [.. Enumerable.Range(0, 100).Select(_ => Form(s_none, null, Dump("M"u8)).Headers.NonValidated["Content-Type"].ToString())];

        Assert.Equal(100, types.Distinct().Count());
        Assert.All(types, type => Assert.Matches(new Regex("^multipart/form-data; boundary=---MultipartBoundary-[0-9A-Za-z]{32}---$"), type));
    }

    [Fact]
    public async Task AFileThatGrewOrShrankIsNotSentHalf()
        => await Assert.ThrowsAsync<HttpRequestException>(async () => await BytesOf(Form(s_none, "B", new FormFile("f", "f", 3, () => new MemoryStream([1, 2])))));

    [Fact]
    public async Task CompressedItIsTheSameWithItsLengthAndType()
    {
        MultipartFormData form = Form(s_none, "B", Dump("MDMP"u8));

        using GzipContent compressed = await GzipContent.CreateAsync(form, TestContext.Current.CancellationToken);

        byte[] bytes = await BytesOf(compressed);
        Assert.Equal(bytes.Length, compressed.Headers.ContentLength);
        Assert.Equal("gzip", Assert.Single(compressed.Headers.ContentEncoding));
        Assert.Equal(form.Headers.NonValidated["Content-Type"].ToString(), compressed.Headers.NonValidated["Content-Type"].ToString());
        using MemoryStream plain = new();
        await new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress).CopyToAsync(plain, TestContext.Current.CancellationToken);
        Assert.Equal(await BytesOf(form), plain.ToArray());
    }

    private static MultipartFormData Form(IReadOnlyDictionary<string, string> fields, string? boundary, params FormFile[] files) => new(fields, files, boundary);

    private static FormFile Dump(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        return new FormFile(MultipartFormData.DumpField, "id.dmp", copy.Length, () => new MemoryStream(copy));
    }

    private static async Task<byte[]> BytesOf(HttpContent content) => await content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
}
