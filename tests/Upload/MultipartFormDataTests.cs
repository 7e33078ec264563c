using System.Text;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class MultipartFormDataTests
{
    [Fact]
    public void ABodyHasExactlyTheseBytes()
    {
        Dictionary<string, string> fields = new() { ["ver"] = "1", ["B"] = "", ["a\"%\r\nz"] = "x\r\ny", ["ключ"] = "värde" };

        MultipartFormData form = MultipartFormData.Build(fields, "id.dmp", "MDMP"u8, "BB");

        Assert.Equal("multipart/form-data; boundary=BB", form.ContentType);
        Assert.Equal(
            "--BB\r\nContent-Disposition: form-data; name=\"B\"\r\n\r\n\r\n"
            + "--BB\r\nContent-Disposition: form-data; name=\"a%22%25%0d%0az\"\r\n\r\nx\r\ny\r\n"
            + "--BB\r\nContent-Disposition: form-data; name=\"ver\"\r\n\r\n1\r\n"
            + "--BB\r\nContent-Disposition: form-data; name=\"ключ\"\r\n\r\nvärde\r\n"
            + "--BB\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"id.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\nMDMP\r\n"
            + "--BB--\r\n",
            Encoding.UTF8.GetString(form.Bytes));
    }

    [Fact]
    public void EachBodyHasABoundaryOfItsOwn()
    {
        string[] boundaries = [.. Enumerable.Range(0, 3).Select(_ => MultipartFormData.Build(new Dictionary<string, string>(), "x", "MDMP"u8).Boundary)];

        Assert.Equal(3, boundaries.Distinct().Count());
        Assert.All(boundaries, boundary => Assert.Matches("^---MultipartBoundary-[0-9A-Za-z]{32}---$", boundary));
    }

    [Theory]
    [InlineData("http://host/submit", "http://host/submit")]
    [InlineData("https://user:secret@host:8443/a?sentry_key=abc&x=1", "https://***@host:8443/a?sentry_key=***&x=***")]
    [InlineData("https://host/?token", "https://host/?***")]
    public void UrlsAreShownWithoutCredentials(string url, string shown) => Assert.Equal(shown, UrlRedaction.Redact(new Uri(url)));
}
