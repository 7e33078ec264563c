using System.Text;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class MultipartFormDataTests
{
    private static readonly Dictionary<string, string> s_none = [];

    [Fact]
    public void TheBodyIsThisByteForByte()
    {
        Dictionary<string, string> fields = new() { ["ver"] = "10.0", ["_version"] = "1.2", ["prod"] = ".NET", ["Z"] = "" };

        MultipartFormData form = MultipartFormData.Build(fields, "id.dmp", "MDMP\0\r\n\xff"u8, "B");

        Assert.Equal("multipart/form-data; boundary=B", form.ContentType);
        byte[] expected =
        [
            .. "--B\r\nContent-Disposition: form-data; name=\"Z\"\r\n\r\n\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"_version\"\r\n\r\n1.2\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"ver\"\r\n\r\n10.0\r\n"u8,
            .. "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"id.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\n"u8,
            .. "MDMP\0\r\n\xff"u8,
            .. "\r\n--B--\r\n"u8,
        ];
        Assert.Equal(Encoding.Latin1.GetString(expected), Encoding.Latin1.GetString(form.Bytes));
    }

    [Theory]
    [InlineData("a\rb", "a%0db")]
    [InlineData("a\nb", "a%0ab")]
    [InlineData("a\"b", "a%22b")]
    [InlineData("100%", "100%25")]
    [InlineData("%22\"%0d", "%2522%22%250d")]
    [InlineData("größe 名 🎉", "größe 名 🎉")]
    [InlineData("a;b=c\\'", "a;b=c\\'")]
    public void OnlyWhatWouldEndANameIsEscaped(string key, string escaped)
    {
        MultipartFormData form = MultipartFormData.Build(new Dictionary<string, string> { [key] = "ü\r\n\"%" }, "x", "M"u8, "B");

        Assert.StartsWith($"--B\r\nContent-Disposition: form-data; name=\"{escaped}\"\r\n\r\nü\r\n\"%\r\n--B\r\n", Encoding.UTF8.GetString(form.Bytes));
    }

    [Theory]
    [InlineData("upload_file_minidump")]
    [InlineData("uuid")]
    [InlineData("")]
    public void ANameThatIsTheServersIsLeftOut(string key)
        => Assert.Equal(
            MultipartFormData.Build(s_none, "x", "M"u8, "B").Bytes,
            MultipartFormData.Build(new Dictionary<string, string> { [key] = "forged" }, "x", "M"u8, "B").Bytes);

    [Fact]
    public void EveryBoundaryIsNew()
    {
        string[] boundaries = [.. Enumerable.Range(0, 100).Select(_ => MultipartFormData.Build(s_none, "x", "M"u8).Boundary)];

        Assert.Equal(100, boundaries.Distinct().Count());
        Assert.All(boundaries, boundary => Assert.Matches(new Regex("^---MultipartBoundary-[0-9A-Za-z]{32}---$"), boundary));
    }
}
