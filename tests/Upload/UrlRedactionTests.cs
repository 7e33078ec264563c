using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class UrlRedactionTests
{
    [Theory]
    [InlineData("http://127.0.0.1:1127/post", "http://127.0.0.1:1127/post")]
    [InlineData("https://user:secret@host.example/submit", "https://***@host.example/submit")]
    [InlineData("https://o1.ingest.sentry.io/api/2/minidump/?sentry_key=abc", "https://o1.ingest.sentry.io/api/2/minidump/?sentry_key=***")]
    [InlineData("https://h/post?format=minidump&token=abc&token=a=b", "https://h/post?format=***&token=***&token=***")]
    [InlineData("https://h/post?abcdef0123", "https://h/post?***")]
    [InlineData("https://h/post#abcdef0123", "https://h/post")]

    [InlineData("https://submit.backtrace.io/universe/0123456789abcdef0123456789abcdef/minidump", "https://submit.backtrace.io/universe/***/minidump")]
    // A short one in the path stays: nothing tells it from a path, and without one no log would say where a report went.
    [InlineData("https://submit.backtrace.io/universe/0123abcd/minidump", "https://submit.backtrace.io/universe/0123abcd/minidump")]
    public void CredentialsAreHidden(string url, string shown) => Assert.Equal(shown, UrlRedaction.Redact(new Uri(url)));

    [Theory]
    [InlineData("htp//user:secret@host", "htp//***@host")]
    [InlineData("user:secret@host", "***@host")]
    [InlineData("/post?token=abc", "/post?token=***")]
    [InlineData("", "")]
    public void AlsoInWhatIsNoUrl(string text, string shown) => Assert.Equal(shown, UrlRedaction.Redact(text));
}
